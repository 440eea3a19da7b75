"""A person opens a notebook in JupyterLab, runs it, and moves a control: the numbers shown are the library's."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect
from visiting import BROWSER

from jetexplore import anomaly

NOTEBOOK = Path(__file__).parents[1] / "notebooks" / "A5_event_to_ensemble.ipynb"
# No news from the internet, no restored tabs, and every cell in the page whether it is in view or not
DISABLED = {"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": True}}
SETTINGS = {"windowingMode": "none"}

WAIT = 90_000  # ms; a busy machine is slow, and nothing here is timed
pytestmark = BROWSER


def free_port():
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return listening.getsockname()[1]


def write(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))


@pytest.fixture
def lab(tmp_path):
    """JupyterLab on a copy of the notebook, with settings of its own; gives the address of the notebook."""
    home = tmp_path / "home"
    work = tmp_path / "work"
    work.mkdir()
    shutil.copy(NOTEBOOK, work)
    write(home / "config" / "labconfig" / "page_config.json", DISABLED)
    write(home / "settings" / "@jupyterlab" / "notebook-extension" / "tracker.jupyterlab-settings", SETTINGS)
    places = {
        "JUPYTER_CONFIG_DIR": "config", "JUPYTER_DATA_DIR": "share", "JUPYTER_RUNTIME_DIR": "runtime",
        "JUPYTERLAB_SETTINGS_DIR": "settings", "JUPYTERLAB_WORKSPACES_DIR": "workspaces", "IPYTHONDIR": "ipython",
    }  # fmt: skip
    environment = {**os.environ, **{name: str(home / place) for name, place in places.items()}}
    port = free_port()
    options = ["--no-browser", f"--port={port}", "--ServerApp.port_retries=0", "--ServerApp.token=",
               "--ServerApp.password=", "--allow-root", f"--ServerApp.root_dir={work}"]  # fmt: skip
    with (tmp_path / "lab.log").open("w") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", *options], env=environment, stdout=log, stderr=log,
            cwd=work, start_new_session=True,
        )  # fmt: skip
    try:
        wait_for(f"http://127.0.0.1:{port}/api/status", server, tmp_path / "lab.log")
        yield f"http://127.0.0.1:{port}/lab/tree/{NOTEBOOK.name}"
    finally:
        server.send_signal(signal.SIGTERM)  # ends its kernels too
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(server.pid, signal.SIGKILL)
            server.wait(20)


def wait_for(address, server, log, seconds=90):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if server.poll() is not None:
            break
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    pytest.fail(f"JupyterLab did not answer:\n{log.read_text()[-2000:]}")


def told(k):
    curves = anomaly.sample_rocs("QCD", "Wass(1)", "medoids", k)
    areas = ", ".join(f"AUC {name} {curve.auc:.3f} ± {curve.auc_error:.3f}" for name, curve in curves.items())
    return f"{k} medoids, Wass(1): {areas}"


def test_moving_k_in_jupyterlab_shows_the_number_of_the_library(lab, page):
    problems = []
    page.set_default_timeout(WAIT)
    requests = []
    page.on("request", lambda request: requests.append(request.url))
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    page.set_viewport_size({"width": 1400, "height": 1000})
    page.goto(lab)
    page.locator(".jp-Notebook").wait_for()
    # Before the kernel is there, running cells asks for one
    expect(page.locator("#jp-bottom-panel")).to_contain_text("Python 3 (ipykernel) | Idle", timeout=WAIT)
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_text("Run All Cells", exact=True).click()

    text = page.locator(".widget-html")
    expect(text).to_contain_text(told(3), timeout=2 * WAIT)
    figures = page.locator(".widget-output .bk-Figure")
    expect(figures).to_have_count(3, timeout=WAIT)

    handle = page.locator(".widget-hslider .noUi-handle")
    handle.focus()
    handle.press("ArrowRight")
    expect(text).to_contain_text(told(4), timeout=WAIT)
    expect(figures).to_have_count(4, timeout=WAIT)

    page.locator(".widget-dropdown select").select_option("MAE")
    expect(text).to_contain_text("4 medoids, MAE: AUC Top", timeout=WAIT)
    assert not re.search(r"Traceback|AssertionError", page.locator(".jp-Notebook").inner_text())
    assert not problems
    hosts = {urlsplit(url).hostname for url in requests if urlsplit(url).scheme not in ("data", "blob")}
    assert hosts == {"127.0.0.1"}  # nothing comes from the internet
