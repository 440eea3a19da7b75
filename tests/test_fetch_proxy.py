"""Downloads behind a proxy: it is asked, and where it or the site does not answer, one sentence says what to do."""

from __future__ import annotations

import hashlib
import http.server
import threading

import pytest

from jetexplore import cli
from jetexplore.jets import downloads
from jetexplore.jets.downloads import DOWNLOADS, Download, Remote
from jetexplore.jets.resuming import Resuming

CONTENT = bytes(range(256)) * 40
HOST = "data.example.org"  # is never looked up: the proxy does that


class Proxy(http.server.ThreadingHTTPServer):
    """Answers for every site, and remembers what it was asked."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Answers)
        self.asked = []


class Answers(http.server.BaseHTTPRequestHandler):
    def log_message(self, *arguments):
        pass

    def do_GET(self):
        self.server.asked.append(f"GET {self.path}")
        self.send_response(200)
        self.send_header("Content-Length", str(len(CONTENT)))
        self.end_headers()
        self.wfile.write(CONTENT)

    def do_CONNECT(self):
        self.server.asked.append(f"CONNECT {self.path}")
        self.send_error(403)


@pytest.fixture
def proxy(monkeypatch):
    with Proxy() as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        for name in ("http_proxy", "https_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{server.server_port}")
            monkeypatch.setenv(name.upper(), f"http://127.0.0.1:{server.server_port}")
        for name in ("no_proxy", "NO_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.delenv(name, raising=False)
        yield server
        server.shutdown()


@pytest.fixture
def declare(monkeypatch):
    def one(scheme):
        known = f"sha256:{hashlib.sha256(CONTENT).hexdigest()}"
        remote = Remote("events.h5", f"{scheme}://{HOST}/events.h5", known)
        monkeypatch.setitem(DOWNLOADS, "test", Download((remote,), "a test", "none"))
        monkeypatch.setattr(downloads, "Resuming", lambda partial, progress: Resuming(partial, progress, wait=0.01))

    return one


def test_the_proxy_is_asked(proxy, declare, tmp_path, capsys):
    declare("http")
    assert cli.main(["fetch", "test", "-o", str(tmp_path), "--quiet"]) == 0
    assert proxy.asked == [f"GET http://{HOST}/events.h5"]
    assert (tmp_path / "events.h5").read_bytes() == CONTENT
    assert "as known" in capsys.readouterr().out


def test_a_secure_site_is_asked_for_through_the_proxy(proxy, declare, tmp_path, capsys):
    declare("https")
    assert cli.main(["fetch", "test", "-o", str(tmp_path), "--quiet"]) == 1
    assert set(proxy.asked) == {f"CONNECT {HOST}:443"}
    said = capsys.readouterr().err
    assert f"no answer from https://{HOST}/events.h5" in said
    assert "download it by hand and put it to" in said
    assert said.count("\n") == 1


def test_a_proxy_that_is_not_there_is_told(proxy, declare, tmp_path, capsys):
    proxy.shutdown()
    proxy.server_close()
    declare("http")
    assert cli.main(["fetch", "test", "-o", str(tmp_path), "--quiet"]) == 1
    said = capsys.readouterr().err
    assert f"no answer from http://{HOST}/events.h5" in said
    assert "download it by hand and put it to" in said
    assert not (tmp_path / "events.h5").exists()
