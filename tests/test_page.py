"""The whole page without a browser: how it starts, when it is busy, and what a visit leaves behind."""

from __future__ import annotations

import gc
import html
import subprocess
import sys
import weakref
from pathlib import Path

import holoviews as hv
import panel as pn
import pytest
from bokeh.document import Document
from holoviews.plotting.bokeh.callbacks import Callback
from panel.util import edit_readonly

from jetexplore import anomaly, jets
from jetexplore.views import explorer
from jetexplore.views.card import Card

hv.extension("bokeh")
pytestmark = pytest.mark.usefixtures("carried_out_at_once")


def test_a_closed_page_leaves_no_plot_behind():
    before, document = set(Callback._callbacks.values()), Document()
    page = explorer.page()
    page.server_doc(document)
    assert set(Callback._callbacks.values()) > before
    explorer._let_go(page)
    assert set(Callback._callbacks.values()) == before


def test_nothing_holds_a_page():
    held = weakref.ref(explorer.page())
    gc.collect()
    assert held() is None


def test_the_page_is_busy_only_with_its_own_work(monkeypatch):
    made = []
    monkeypatch.setattr(explorer, "notices", lambda choice: made.append(choice) or pn.Spacer())
    page = explorer.page()
    with edit_readonly(pn.state):
        pn.state.busy = True
        assert not page.busy
        pn.state.busy = False
    made[0].busy = ["Counting"]
    assert page.busy
    made[0].busy = []
    assert not page.busy


def test_a_missing_sample_leaves_a_page_that_says_so(monkeypatch, tmp_path):
    monkeypatch.setenv("JETEXPLORE_DATA", str(tmp_path))
    for cached in (anomaly.images, anomaly.pairs, anomaly.ensemble, anomaly.sample_scores, anomaly.sample_rocs):
        cached.cache_clear()
    page = explorer.page()
    content = page.main[0]
    told = [html.unescape(alert.object) for alert in content.select(explorer.pmui.Alert)]
    assert sum("no file" in text for text in told) == 3  # of what is made at once
    assert len(content.select(Card)) == len(explorer.CARDS)


def test_start_imports_nothing_heavy():
    code = (
        "import runpy, sys; runpy.run_path('apps/explorer.py');"
        "print([name for name in ('torch', 'umap', 'energyflow', 'ot', 'fastjet', 'pythia8mc', 'matplotlib') if name in sys.modules])"
    )
    root = Path(jets.__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.strip().splitlines()[-1] == "[]"
