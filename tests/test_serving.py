"""The explorer as a server: what it refuses, what it tells, and that pages neither hear each other nor stay behind."""

from __future__ import annotations

import asyncio
import json
from types import SimpleNamespace

import pytest
from tornado.httpclient import AsyncHTTPClient, HTTPClientError, HTTPRequest
from tornado.websocket import websocket_connect

from jetexplore import cli
from jetexplore.errors import InputError
from jetexplore.views import handlers, serving
from jetexplore.views.bench import pageclient, rude, serverbench
from jetexplore.views.bench import served as bench
from jetexplore.views.bench.counting import KINDS
from jetexplore.views.servingoptions import Options, origins

pytestmark = pytest.mark.long
MOST = 6  # pages; tests before the last one of this server leave three
GUEST = "http://jets.example.org"


@pytest.fixture(scope="module")
def explore():
    """`jetexplore explore`."""
    options = ("--max-pages", str(MOST), "--allow-websocket-origin", "jets.example.org:80")
    with bench.served(options=options) as server:
        yield server


@pytest.fixture
def plain(served):
    """`panel serve`, as the README says; it may say what it likes of those who break the rules."""
    yield served
    served.faults()


@pytest.fixture
def counted():
    """`panel serve` with a route that counts objects, and pages that are soon given up."""
    soon = ("--unused-session-lifetime", "10000", "--check-unused-sessions", "1000")
    with bench.served(serving.app(), (*bench.COUNTED, *soon)) as server:
        yield server


def get(url, **options):
    """Status, headers and text, whatever the status is."""

    async def fetch():
        answer = await AsyncHTTPClient().fetch(HTTPRequest(url, request_timeout=120, **options), raise_error=False)
        return answer.code, answer.headers, answer.body.decode(errors="replace")

    return serverbench.run(fetch())


@pytest.fixture(scope="module")
def tokens():
    return {}


def knock(server, headers, tokens):
    """Status of a websocket's handshake with these headers; one page serves all of them."""

    async def connect():
        if server.url not in tokens:
            tokens[server.url], _ = await pageclient.token(server.url)
        request = HTTPRequest(server.url.replace("http", "ws") + "/ws", headers=headers, request_timeout=60)
        try:
            line = await websocket_connect(request, subprotocols=["bokeh", tokens[server.url]])
        except HTTPClientError as error:
            return error.code
        line.close()
        return 101

    return serverbench.run(connect())


# ------------------------------------------------------------------------------------------------ options


@pytest.mark.parametrize("origin", ["*", "*.example.org", "https://jets.example.org", "", "a b", "x:123456"])
def test_an_origin_that_is_not_one_host_is_refused(origin):
    with pytest.raises(InputError) as refused:
        origins([origin], 5006)
    assert refused.value.code == "E_ORIGIN"


@pytest.mark.parametrize("words", [["--max-pages", "0"], ["--port", "70000"], ["--allow-websocket-origin", "*"]])
def test_options_that_cannot_be_end_in_a_sentence(words, capsys):
    assert cli.main(["explore", "--no-show", *words]) == 2
    assert "allowed:" in capsys.readouterr().err


def test_any_origin_by_the_environment_is_refused_too(monkeypatch):
    monkeypatch.setenv("BOKEH_ALLOW_WS_ORIGIN", "*")
    with pytest.raises(InputError):
        serving.server(Options(port=0, show=False, warm=False))


def test_without_the_app_one_sentence_says_where_it_was_sought(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(serving, "__file__", str(tmp_path / "a" / "b" / "serving.py"))
    assert cli.main(["explore", "--no-show"]) == 2
    assert str(tmp_path / "apps" / "explorer.py") in capsys.readouterr().err


def test_a_failure_tells_a_browser_nothing_of_the_inside():
    message = handlers.Failure.create("1", "RuntimeError('/secret/path')")
    assert "secret" not in json.dumps(message.content)
    assert message.content["traceback"] is None


# ------------------------------------------------------------------------------------------------ the door


PATHS = [
    "/static/../../../../etc/passwd", "/static/..%2f..%2f..%2f..%2fetc%2fpasswd", "/explorer/static/..%2f..%2fsetup.py",
    "/static/extensions/panel/..%2f..%2f..%2f..%2fetc%2fpasswd", "/static/%2e%2e/%2e%2e/pyproject.toml", "/../../etc/passwd",
    "/components/antigravity/x/_css/y", "/components/os/path/_css/x", "/explorer/metadata", "/counts", "/nothing",
    "/explorer/autoload.js?bokeh-autoload-element=1", "/rest/session_info", "/admin", "/liveness?endpoint=/explorer",
]  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
def test_nothing_but_the_page_and_its_files_is_served(explore, path):
    code, headers, body = get(explore.url.removesuffix("/explorer") + path)
    assert code in {400, 403, 404}
    assert "Traceback" not in body
    assert "root:" not in body
    assert all(headers[name] == value for name, value in handlers.HEADERS.items())


def test_every_answer_says_how_a_browser_must_treat_it(explore):
    base = explore.url.removesuffix("/explorer")
    for url in (explore.url, base + "/liveness", base + "/health", base + "/static/js/bokeh.min.js"):
        code, headers, _ = get(url)
        assert code == 200
        assert all(headers[name] == value for name, value in handlers.HEADERS.items())
        assert "Server" not in headers


def test_health_is_told_in_numbers(explore):
    code, _, body = get(explore.url.removesuffix("/explorer") + "/health")
    told = json.loads(body)
    assert code == 200
    assert sorted(told) == ["failures", "max_pages", "pages"]
    assert told["failures"] == 0 <= told["pages"] <= told["max_pages"]


@pytest.mark.parametrize(("origin", "code"), [
    (None, 403), ("http://evil.example.org", 403), ("null", 403), ("http://localhost.evil.org", 403), (GUEST, 101),
])  # fmt: skip
def test_only_pages_of_known_hosts_open_a_websocket(explore, tokens, origin, code):
    assert knock(explore, {} if origin is None else {"Origin": origin}, tokens) == code


def test_what_panel_serve_itself_refuses(plain, tokens):
    """Only the door of `jetexplore explore` refuses a websocket of no origin."""
    assert knock(plain, {"Origin": "http://evil.example.org"}, tokens) == 403
    assert knock(plain, {}, tokens) == 101


def test_a_page_of_a_made_up_session_is_refused(explore):
    assert get(explore.url + "?bokeh-session-id=mine")[0] == 403


@pytest.mark.parametrize("name", ["explore", "plain"])
def test_how_much_of_a_traceback_a_browser_gets(name, request):
    found = request.getfixturevalue(name)

    async def offend():
        page = await pageclient.opened(found.url)
        await page.send("PATCH-DOC", {"events": [{"kind": "Nonsense"}]})
        while not (failed := [one for one in page.received if one.kind == "ERROR"]):
            await asyncio.sleep(0.05)
        page.close()
        return failed[0].content

    told = serverbench.run(offend())
    assert ("Traceback" in told) == (name == "plain")
    assert (str(serving.app().parents[1]) in told) == (name == "plain")


def test_one_page_too_many_is_asked_to_come_back(explore):
    async def scene():
        pages, answer = [await pageclient.opened(explore.url)], None
        while len(pages) <= MOST:
            answer = await AsyncHTTPClient().fetch(explore.url, raise_error=False, request_timeout=120)
            if answer.code == 503:
                break
            token = answer.body.split(b'"token":"')[1].split(b'"')[0].decode()
            pages.append(await pageclient.connected(explore.url, token))  # or it would be forgotten
        goes_on, _ = await pages[0].act(pages[0].find(label=serverbench.K), "value_throttled", 4)
        await pageclient.left(pages)
        return answer, goes_on

    answer, goes_on = serverbench.run(scene())
    assert answer.code == 503
    assert answer.body.decode() == handlers.FULL
    assert int(answer.headers["Retry-After"]) > 0
    assert goes_on > 0  # NaN otherwise


def test_a_page_is_full_by_the_sessions_that_are_kept():
    handler = SimpleNamespace(
        application_context=SimpleNamespace(_sessions=dict.fromkeys("abc")), settings={"max_pages": 3}
    )
    assert handlers.is_full(handler)
    handler.settings["max_pages"] = 4
    assert not handlers.is_full(handler)


# ------------------------------------------------------------------------------------------------ pages


def test_what_one_page_does_no_other_hears(plain):
    assert serverbench.run(serverbench.overheard(plain.url)) == 0


def test_the_processor_rests_after_clients_that_break_the_rules(plain):
    for act in rude.RUDE.values():
        serverbench.run(act(plain.url))
    # it may still be compiling, and later discard sessions; a server that spins never rests on end
    assert serverbench.rests(plain)[0]


@pytest.mark.load  # sessions are given up after a quarter of a minute each; test_left_pages looks without a server
def test_pages_that_were_left_leave_nothing_behind(counted):
    serverbench.run(serverbench.visit(counted.url, 2))
    before = serverbench.forgotten(counted, 2)  # the last page is held until another one comes
    serverbench.run(serverbench.visit(counted.url, 6))
    after = serverbench.forgotten(counted, before["Document"])
    assert {kind: after[kind] for kind in KINDS} == {kind: before[kind] for kind in KINDS}
