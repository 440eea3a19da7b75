"""The card of one's own jets: what it shows, to whom, and what it says where it shows nothing."""

from __future__ import annotations

import asyncio
import base64
import html
import io
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import holoviews as hv
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from jetexplore import jets
from jetexplore.anomaly import ownjets
from jetexplore.errors import InputError
from jetexplore.files import data_dir
from jetexplore.views import explorer
from jetexplore.views.address import from_query, to_query
from jetexplore.views.card import Card
from jetexplore.views.code.text import code
from jetexplore.views.export.files import file
from jetexplore.views.export.offers import EXPORTS
from jetexplore.views.own import admission, files, reading, results, text, view
from jetexplore.views.own.drop import Drop
from jetexplore.views.own.files import Held
from jetexplore.views.own.view import OwnView
from jetexplore.views.servingoptions import Options, may_drop
from jetexplore.views.state import Choice

hv.extension("bokeh")
MASS = "no training: jet mass"
SOME = jets.load()


def run(task):
    return ThreadPoolExecutor(1).submit(lambda: asyncio.run(task)).result()


@pytest.fixture(autouse=True)
def nothing_is_decided():
    yield
    files.decide({}, None)


def held(title="W", many=40, name="mine.npz", label=None, classes=None):
    some = SOME[title][:many]
    return Held(ownjets.Own(name, "ab" * 32, "native", some, label, classes or {}, np.arange(many), []), {})


@pytest.fixture(scope="module")
def small_file():
    """The bytes of a native file of 30 jets."""
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.npz"
        jets.write_jets(path, SOME["W"][:30], {})
        return path.read_bytes()


def test_the_card_shows_the_library_s_numbers():
    files.decide({"mine": held()}, None)
    view = OwnView(Choice(own_score=MASS))
    found = ownjets.rated(SOME["W"][:40], MASS)
    assert "YOURS" in view.badge.object
    assert f"{np.median(found.percentile):.1f} %" in view.figures.told.object
    assert "no labels" in view.figures.told.object
    assert not view.figures._curves.visible
    highest = int(np.argmax(found.scores))
    assert f"row {highest}" in view.figures.pictures.captions[0]
    view.choice.own_score = "no training: tau21"
    assert "tau21" in view.figures.told.object
    view.choice.own = "elsewhere"
    assert not view.figures.__panel__().visible or view.badge.object == ""


def test_labels_give_curves_and_their_absence_a_reason():
    label = np.repeat([0, 1], 20)
    files.decide({"mine": held("Top", 40, label=label, classes={0: "QCD", 1: "<b>"})}, None)
    view = OwnView(Choice(own_score=MASS))
    assert list(view.figures.curves) == ["<b>"]
    assert view.figures._curves.visible
    assert "&lt;b&gt;" in view.figures.told.object
    assert "<b>&" not in view.summary.object.replace("<b>40 jets</b>", "")


def test_the_file_s_name_is_never_markup():
    one = held(name="<script>alert(1)</script>.npz")
    told = text.badge(one.own) + text.summary(one.own) + text.missing("<i>")
    assert "<script" not in told
    assert html.escape(one.own.name) in told


def test_with_files_the_card_comes_first_and_the_page_says_so():
    files.decide({"mine": held()}, None)
    titles = [card.title for card in explorer.page().main[0].select(Card)]
    assert titles[0] == "What about my jets?"
    assert sorted(titles) == sorted(one.title for one in explorer.CARDS)
    assert any("YOURS" in chip.label for chip in explorer.page().main[0].select(explorer.pmui.Chip))
    files.decide({}, None)
    assert [card.title for card in explorer.page().main[0].select(Card)][-1] == "What about my jets?"


def test_the_choice_travels_in_the_address_and_paths_do_not():
    choice = Choice(own="mine-2", own_score=MASS, dropped={"dropped-1": held()})
    assert from_query(to_query(choice)) == ({"own": "mine-2", "own_score": MASS}, [])
    for bad in ("own=/etc/passwd", "own=../x", "own=a%2Fb", "own_score=magic", "own=a%0A", "dropped={}"):
        good, problems = from_query(f"?{bad}")
        assert good == {}
        assert len(problems) == 1


def test_a_file_that_is_not_here_is_told():
    assert "There is no file dropped-1" in OwnView(Choice(own="dropped-1")).summary.object
    assert "drop it again" in OwnView(Choice(own="dropped-1")).summary.object


def test_files_get_names_that_an_address_may_hold(tmp_path):
    for name in ("a b/ü.npz", "a b/ü.parquet.npz", "../../x.npz"):
        path = tmp_path / "q" / "r" / name.replace("../../", "")
        path.parent.mkdir(parents=True, exist_ok=True)
        jets.write_jets(path, SOME["W"][:5], {})
    paths = sorted((tmp_path / "q").rglob("*.npz"))
    found = reading.opened([*map(str, paths), str(paths[0])])
    assert len(found) == 4
    for name in found:
        assert from_query(f"?own={name}") == ({"own": name}, [])


def test_a_dropped_file_belongs_to_one_page_and_leaves_nothing_behind(small_file, tmp_path, monkeypatch):
    monkeypatch.setattr(reading.tempfile, "tempdir", str(tmp_path))
    one, other = OwnView(Choice(own_score=MASS)), OwnView(Choice(own_score=MASS))
    said = run(one._take("a/b/mine.npz", small_file))
    assert said.startswith("mine.npz: 30 jets")
    assert list(tmp_path.iterdir()) == []
    assert one.choice.own == "dropped-1"
    assert files.held(one.choice).own.name == "mine.npz"
    assert files.held(other.choice) is None
    assert other.choice.dropped == {}
    assert files.held(Choice(own="dropped-1")) is None
    run(one._take("again.npz", small_file))
    assert list(one.choice.dropped) == ["dropped-2"]  # only the latest is kept


@pytest.mark.parametrize(
    "content", [b"404 Not Found", b"", b"PK\x03\x04" + b"x" * 200, b"\x89HDF\r\n\x1a\n" + b"\0" * 300]
)
def test_a_hostile_file_is_refused_in_one_sentence_without_our_paths(content, tmp_path, monkeypatch):
    monkeypatch.setattr(reading.tempfile, "tempdir", str(tmp_path))
    with pytest.raises(InputError) as error:
        reading.parsed("bad<x>.h5", content)
    assert str(tmp_path) not in str(error.value)
    assert "jetexplore-" not in str(error.value)
    assert "\n" not in str(error.value)
    assert list(tmp_path.iterdir()) == []


def sent(drop, monkeypatch):
    answers = []
    monkeypatch.setattr(drop, "_send_msg", answers.append)
    return answers


def test_pieces_come_together_whole_or_not_at_all(monkeypatch):
    came = []

    async def take(name, content):
        came.append((name, content))
        return "thanks"

    content = np.random.default_rng(0).bytes(1_200_000)
    drop = Drop(take, 16 << 20)
    answers = sent(drop, monkeypatch)

    async def all_of_it():
        drop._handle_msg({"name": "a.npz", "size": len(content)})
        at = 0
        while at < len(content):
            piece = content[at : at + drop.piece]
            drop._handle_msg({"at": at, "piece": base64.b64encode(piece).decode()})
            at += len(piece)
        while "done" not in answers[-1]:
            await asyncio.sleep(0.01)

    monkeypatch.setattr(
        "jetexplore.views.own.drop.param.parameterized.async_executor", lambda task: asyncio.ensure_future(task())
    )
    run(all_of_it())
    assert came == [("a.npz", content)]
    assert answers[-1] == {"done": "thanks"}


@pytest.mark.parametrize(("messages", "told"), [
    ([{"name": "a", "size": 17 << 20}], "too large"), ([{"name": "a", "size": 0}], "empty"),
    ([{"name": "a", "size": 4}, {"at": 0, "piece": "AAAAAAAA"}], "not come whole"),
    ([{"name": "a", "size": 4}, {"at": 0, "piece": "%%%"}], "not come whole"),
    ([{"name": "a", "size": 4}, {"at": 0, "piece": 7}], "not come whole"),
])  # fmt: skip
def test_a_piece_too_many_ends_it(messages, told, monkeypatch):
    drop = Drop(None, 16 << 20)
    answers = sent(drop, monkeypatch)
    for one in messages:
        drop._handle_msg(one)
    assert told in answers[-1]["failed"]
    drop._handle_msg({"at": 0, "piece": "AAAA"})  # after that nothing is taken
    assert len(answers) == len(messages) if len(messages) == 1 else len(answers) == 2


@pytest.mark.parametrize(
    "junk",
    [
        None,
        7,
        [],
        {},
        {"name": 3},
        {"name": "a", "size": True},
        {"at": 0, "piece": "AAAA"},
        {"name": "x" * 999, "size": 4},
    ],
)
def test_what_is_no_file_is_not_answered(junk, monkeypatch):
    drop = Drop(None, 16 << 20)
    answers = sent(drop, monkeypatch)
    drop._handle_msg(junk)
    assert answers == []


LOCAL = {"remote_ip": "127.0.0.1", "headers": {"Host": "localhost:5006"}}


@pytest.mark.parametrize(("request_", "local"), [
    (LOCAL, True), ({"remote_ip": "::1", "headers": {"host": "[::1]:5006"}}, True),
    ({"remote_ip": "10.0.0.7", "headers": {"Host": "localhost:5006"}}, False),
    ({"remote_ip": "127.0.0.1", "headers": {"Host": "jets.example.org"}}, False),
    ({"remote_ip": "127.0.0.1", "headers": {"Host": "localhost", "X-Forwarded-For": "10.0.0.7"}}, False),
    ({"remote_ip": "127.0.0.1", "headers": {"Host": "127.0.0.1", "Forwarded": "for=10.0.0.7"}}, False),
    ({"headers": {"Host": "localhost"}}, False), ({"remote_ip": "127.0.0.1", "headers": {}}, False),
])  # fmt: skip
def test_only_this_machine_itself_may_drop_a_file_unasked(request_, local):
    assert admission.is_local(SimpleNamespace(**request_)) == local


@pytest.mark.parametrize(("options", "may"), [
    ({}, None), ({"upload": True, "address": "0.0.0.0"}, True), ({"address": "0.0.0.0"}, False),
    ({"origins": ("jets.example.org",)}, False), ({"upload": True}, True),
])  # fmt: skip
def test_the_operator_decides_where_the_request_cannot_tell(options, may):
    assert may_drop(Options(**options)) is may


def test_without_leave_the_card_says_why_and_what_to_do(monkeypatch):
    monkeypatch.setattr(admission.sys, "argv", ["panel", "serve", "--allow-websocket-origin=x"])
    assert not admission.may_drop()
    view = OwnView(Choice())
    assert not view._layout.select(Drop)
    assert any("jetexplore explore FILE" in str(getattr(pane, "object", "")) for pane in view._layout)
    files.decide({}, True)
    assert OwnView(Choice())._layout.select(Drop)


def test_a_stopped_scoring_shows_no_half_results():
    files.decide({"mine": held("QCD", 600)}, None)
    some, seen = files.held(Choice()), []
    with pytest.raises(ownjets.Stopped):
        results.compute(some, MASS, "Wass(1)", lambda done, of: seen.append((done, of)), lambda: len(seen) > 0)
    assert seen == [(256, 600)]
    assert some.results == {}
    assert results.results(some, MASS, "Wass(1)") is None


def test_the_exports_hold_what_is_shown_and_say_whose_it_is():
    choice = Choice(
        own_score=MASS,
        dropped={"dropped-1": held("Top", 25, label=np.arange(25) % 2, classes={0: "QCD"})},
        own="dropped-1",
    )
    expected = ownjets.rated(SOME["Top"][:25], MASS)
    plain, packed = (file(one, choice) for one in EXPORTS["own"])
    assert plain[0].endswith(".csv")
    assert packed[0].endswith(".parquet")
    assert "YOURS: mine.npz" in plain[1].decode().splitlines()[1]
    csv = pd.read_csv(io.BytesIO(plain[1]), comment="#", float_precision="round_trip")
    table = pq.read_table(io.BytesIO(packed[1]))
    assert b"YOURS" in table.schema.metadata[b"jetexplore"]
    for found in (csv, table.to_pandas()):
        np.testing.assert_array_equal(found["score"], expected.scores)
        np.testing.assert_array_equal(found["p_value"], expected.pvalue)
        assert found["class"].tolist()[:2] == ["QCD", "1"]
    with pytest.raises(InputError) as error:
        file(EXPORTS["own"][0], Choice())
    assert error.value.code == "E_FILE"


def test_the_code_gives_the_same_numbers(capsys):
    names = {}
    exec(code("own", Choice(own_score=MASS)), names)
    expected = ownjets.rated(SOME["W"], MASS)
    np.testing.assert_array_equal(names["found"].scores, expected.scores)
    assert "W_test.npz: 2000 jets" in capsys.readouterr().out
    files.decide({"mine": held()}, None)
    assert "ownjets.read('mine.npz')" in code("own", Choice())


def test_explore_refuses_a_bad_file_before_it_serves(tmp_path, capsys):
    from jetexplore import cli

    (tmp_path / "a.h5").write_text("no")
    assert cli.main(["explore", "--no-show", "--port", "0", str(tmp_path / "a.h5")]) == 2
    said = capsys.readouterr().err
    assert len(said.strip().splitlines()) == 1
    assert "a.h5" in said
    assert cli.main(["explore", "--no-show", str(data_dir() / "none.npz")]) == 2


def test_the_bar_is_plain_numbers():
    assert 'max="600" value="256"' in view.BAR.format(256, 600)
