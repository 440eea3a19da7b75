"""The explorer and a client that breaks the rules: no browser would send a change before the page is ready."""

from __future__ import annotations

import asyncio
import json
import re
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import psutil
import pytest
from tornado.httpclient import HTTPRequest
from tornado.websocket import websocket_connect

ROOT = Path(__file__).resolve().parents[1]
READY = {"type": "event", "name": "document_ready", "values": {"type": "map"}}


@pytest.fixture(scope="module")
def server():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "panel", "serve", "apps/explorer.py", "--port", str(port)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    yield f"localhost:{port}/explorer", psutil.Process(process.pid)
    process.terminate()
    process.wait(20)


def page(url):
    for _ in range(240):
        try:
            with urlopen(f"http://{url}", timeout=60) as answer:
                return answer.read().decode()
        except URLError:
            time.sleep(0.25)
    return pytest.fail("no server")


async def visit(url, events):
    """Open the page, send these document events one after the other, and leave without a word."""
    token = re.search(r'"token":"([^"]+)"', page(url)).group(1)
    request = HTTPRequest(f"ws://{url}/ws", headers={"Origin": f"http://{url.split('/')[0]}"})
    line = await websocket_connect(request, subprotocols=["bokeh", token], max_message_size=1 << 28)
    for _ in range(3):
        await line.read_message()  # acknowledged

    async def send(number, kind, content):
        for part in ({"msgid": str(number), "msgtype": kind}, {}, content):
            await line.write_message(json.dumps(part))

    await send(0, "PULL-DOC-REQ", {})
    while not str(document := await line.read_message()).startswith('{"doc"'):
        pass
    sliders = [model["id"] for model in models(json.loads(document)) if model["name"].startswith("IntSlider")]
    for number, event in enumerate(events, 1):
        for slider in sliders if "attr" in event else [""]:
            await send(number, "PATCH-DOC", {"events": [event | {"model": {"id": slider}}]})
        await asyncio.sleep(0.3)
    line.close()


def models(part):
    """Every model in a document."""
    inner = part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()
    if isinstance(part, dict) and part.get("type") == "object" and "id" in part:
        yield part
    for one in inner:
        yield from models(one)


def change(k):
    return {"kind": "ModelChanged", "attr": "value_throttled", "new": k}


BEFORE = [change(k) for k in (4, 5, 6, 7)]
LATE = [*BEFORE, {"kind": "MessageSent", "msg_type": "bokeh_event", "msg_data": READY}]


@pytest.mark.parametrize("events", [BEFORE, LATE, [{"kind": "Nonsense"}]], ids=["before ready", "late", "nonsense"])
def test_the_processor_rests_after_a_client_that_breaks_the_rules(server, events):
    url, process = server
    with ThreadPoolExecutor(1) as other:  # another test's event loop may run in this thread
        other.submit(lambda: asyncio.run(visit(url, events))).result()
    # it may still be compiling, and later discard the session; a server that spins never rests six seconds on end
    windows = [busy(process, 3), busy(process, 3)]
    while max(windows[-2:]) >= 0.05 and len(windows) < 25:
        windows.append(busy(process, 3))
    assert max(windows[-2:]) < 0.05, windows


def busy(process, seconds):
    """Processors kept busy for a while."""
    before = sum(process.cpu_times()[:2])
    time.sleep(seconds)
    return (sum(process.cpu_times()[:2]) - before) / seconds
