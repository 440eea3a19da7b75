"""Downloads: cut connections, killed programs, other versions, wrong checksums, and no network at all."""

from __future__ import annotations

import hashlib
import http.server
import json
import re
import threading

import numpy as np
import pytest
import requests

from jetexplore import cli
from jetexplore.errors import InputError
from jetexplore.jets import downloads, resuming
from jetexplore.jets.downloads import DOWNLOADS, Download, Remote, fetch
from jetexplore.jets.resuming import Resuming

CONTENT = np.random.default_rng(1).bytes(3_000_000)
SHA256 = hashlib.sha256(CONTENT).hexdigest()


class Site(http.server.ThreadingHTTPServer):
    """A server that can do what servers do: cut connections, change files, ignore ranges, fail."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.content, self.tag = CONTENT, '"one"'
        self.cut = []  # bytes to send before the connection is cut, one an answer
        self.ranges = True
        self.status = None
        self.asked = []  # the Range of each request
        self.sent = 0

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}/events.h5"

    def handle_error(self, request, client_address):
        pass


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *arguments):
        pass

    def do_GET(self):
        site, content = self.server, self.server.content
        site.asked.append(self.headers.get("Range"))
        if site.status:
            self.send_error(site.status)
            return
        start = 0
        if site.ranges and site.asked[-1] and self.headers.get("If-Range") == site.tag:
            start = int(re.fullmatch(r"bytes=(\d+)-", site.asked[-1])[1])
            if start >= len(content):
                self.send_response(416)
                self.send_header("Content-Range", f"bytes */{len(content)}")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        else:
            self.send_response(200)
        if site.tag:
            self.send_header("ETag", site.tag)
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        stop = start + site.cut.pop(0) if site.cut else len(content)
        self.wfile.write(content[start:stop])
        site.sent += min(stop, len(content)) - start
        self.close_connection = True


@pytest.fixture
def site():
    with Site() as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def declared(site, monkeypatch):
    """Declare a data set ``test`` on the site, without a published checksum."""

    def declare(checksum=None):
        monkeypatch.setitem(DOWNLOADS, "test", Download((Remote("events.h5", site.url, checksum),), "a test", "none"))

    monkeypatch.setattr(resuming, "CHUNK", 10_000)
    monkeypatch.setattr(downloads, "Resuming", lambda partial, progress: Resuming(partial, progress, wait=0.01))
    declare()
    return declare


def test_a_whole_file_comes_and_is_noted(site, declared, tmp_path, capsys):
    (found,) = fetch("test", tmp_path, progress=False)
    assert found == (tmp_path / "events.h5", f"sha256:{SHA256}", False)
    assert found.path.read_bytes() == CONTENT
    assert (tmp_path / "events.h5.sha256").read_text() == f"{SHA256}  events.h5\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["events.h5", "events.h5.sha256"]
    (again,) = fetch("test", tmp_path, progress=False)
    assert again.known
    assert len(site.asked) == 1
    assert capsys.readouterr().err == ""


def test_cut_connections_are_taken_up_where_they_were(site, declared, tmp_path):
    site.cut = [1_000_000, 500_000, 700_000]
    (found,) = fetch("test", tmp_path, progress=False)
    assert found.path.read_bytes() == CONTENT
    assert site.asked == [None, "bytes=1000000-", "bytes=1500000-", "bytes=2200000-"]
    assert site.sent == len(CONTENT)


def test_many_cuts_are_no_matter_while_something_comes(site, declared, tmp_path):
    site.cut = [100_000] * 20
    assert fetch("test", tmp_path, progress=False)[0].path.read_bytes() == CONTENT
    assert len(site.asked) == 21


def test_a_server_that_sends_nothing_is_given_up_and_taken_up_later(site, declared, tmp_path):
    site.cut = [1_000_000] + [0] * 50
    with pytest.raises(ConnectionError) as caught:
        fetch("test", tmp_path, progress=False)
    said = str(caught.value)
    assert site.url in said
    assert str(tmp_path / "events.h5") in said
    assert "\n" not in said
    assert not (tmp_path / "events.h5").exists()
    site.cut, site.asked = [], []
    assert fetch("test", tmp_path, progress=False)[0].path.read_bytes() == CONTENT
    assert site.asked == ["bytes=1000000-"]


def test_killed_before_the_last_step(site, declared, tmp_path):
    (tmp_path / "events.h5.partial").write_bytes(CONTENT)
    (tmp_path / "events.h5.partial.json").write_text(json.dumps({"url": site.url, "version": '"one"'}))
    assert fetch("test", tmp_path, progress=False)[0].path.read_bytes() == CONTENT
    assert site.sent == 0


@pytest.mark.parametrize("how", ["changed", "no note", "note of another url", "damaged note", "no ranges", "longer"])
def test_what_is_not_the_same_file_is_begun_again(site, declared, tmp_path, how):
    (tmp_path / "events.h5.partial").write_bytes(b"x" * (4_000_000 if how == "longer" else 1_000_000))
    note = {"url": "http://elsewhere" if how == "note of another url" else site.url, "version": '"one"'}
    if how != "no note":
        text = "{" if how == "damaged note" else json.dumps(note)
        (tmp_path / "events.h5.partial.json").write_text(text)
    site.ranges = how != "no ranges"
    if how in ("changed", "longer"):
        site.tag = '"two"'
    assert fetch("test", tmp_path, progress=False)[0].path.read_bytes() == CONTENT


@pytest.mark.parametrize("tag", ["", 'W/"weak"'])
def test_without_a_strong_version_nothing_is_joined(site, declared, tmp_path, tag):
    site.tag, site.cut = tag, [1_000_000]
    assert fetch("test", tmp_path, progress=False)[0].path.read_bytes() == CONTENT
    assert site.asked == [None, None]


def test_a_published_checksum_is_checked(site, declared, tmp_path):
    declared(f"md5:{hashlib.md5(CONTENT).hexdigest()}")
    assert fetch("test", tmp_path / "right", progress=False)[0].known
    declared("md5:" + "0" * 32)
    with pytest.raises(InputError) as caught:
        fetch("test", tmp_path / "wrong", progress=False)
    assert caught.value.code == "E_CHECKSUM"
    assert list((tmp_path / "wrong").iterdir()) == []


def test_a_file_put_there_by_hand_is_taken_and_never_replaced(site, declared, tmp_path):
    (tmp_path / "events.h5").write_bytes(b"mine")
    assert not fetch("test", tmp_path, progress=False)[0].known
    (tmp_path / "events.h5").write_bytes(b"damaged")
    with pytest.raises(InputError, match="delete it to download"):
        fetch("test", tmp_path, progress=False)
    assert (tmp_path / "events.h5").read_bytes() == b"damaged"
    assert site.asked == []


def test_refused(site, declared, tmp_path):
    site.status = 404
    with pytest.raises(ConnectionError, match="HTTPError"):
        fetch("test", tmp_path, progress=False)
    assert len(site.asked) == 1


def test_a_full_disk_is_told_before(site, declared, tmp_path, monkeypatch):
    monkeypatch.setattr(resuming.shutil, "disk_usage", lambda path: type("Usage", (), {"free": 1000}))
    with pytest.raises(OSError, match="3000000 bytes more"):
        fetch("test", tmp_path, progress=False)


def test_two_at_once(site, declared, tmp_path):
    with resuming._locked(tmp_path / "events.h5.partial"), pytest.raises(InputError) as caught:
        fetch("test", tmp_path, progress=False)
    assert caught.value.code == "E_LOCKED"


def test_the_command_without_a_network(declared, monkeypatch, tmp_path, capsys):
    def nowhere(*arguments, **options):
        raise requests.ConnectionError("no network")

    monkeypatch.setattr(requests, "get", nowhere)
    assert cli.main(["fetch", "lhco-rd", "-o", str(tmp_path), "--quiet"]) == 1
    said = capsys.readouterr().err
    assert "https://zenodo.org/records/6466204/files/events_anomalydetection_v2.h5" in said
    assert str(tmp_path / "events_anomalydetection_v2.h5") in said
    assert said.count("\n") == 1


def test_the_command(site, declared, tmp_path, capsys):
    assert cli.main(["fetch", "test", "-o", str(tmp_path), "--quiet"]) == 0
    assert f"events.h5: 3.00 MB, sha256:{SHA256} (kept, to be checked from now on)" in capsys.readouterr().out
    assert cli.main(["fetch", "--list"]) == 0
    listed = capsys.readouterr().out
    assert all(name in listed for name in DOWNLOADS)
    assert cli.main(["fetch", "nothing"]) == 2


def test_what_is_declared_is_sound():
    for download in DOWNLOADS.values():
        for remote in download.files:
            assert remote.url.startswith("https://zenodo.org/records/")
            assert remote.url.endswith(f"/{remote.name}")
            assert remote.checksum is None or re.fullmatch(r"md5:[0-9a-f]{32}|sha256:[0-9a-f]{64}", remote.checksum)
