"""Another sample, another page: every figure of every view that shows the sample follows the files."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from jetexplore import jets
from jetexplore.files import data_dir

pytestmark = pytest.mark.long
SIZES = {"test": {"QCD": 1200, "Top": 400, "W": 300}, "reference": {"QCD": 1400, "Top": 700}}
LEAST = {"jets": 7, "pairs": 4, "scores": 2, "events": 6}  # figures and pictures of each view
# Prints what each figure shows: a digest of its data, by view and place
SHOWN = """
import hashlib, json, sys
import numpy as np, holoviews as hv, panel as pn
from bokeh.models import ColumnDataSource, Plot
hv.extension("bokeh")
from jetexplore.views.state import Choice
from jetexplore.views.pictures import Pictures
from jetexplore.views.planpicture import PlanPicture
from jetexplore.views.jets import JetsView
from jetexplore.views.pairs import PairsView
from jetexplore.views.scores import ScoresView
from jetexplore.views.ensemble import EnsembleView, prepare

def content(values):
    parts = [np.ravel(one) for one in values] if len(values) and np.ndim(values[0]) else [np.asarray(values)]
    whole = np.concatenate(parts)
    return np.nan_to_num(whole.astype(float)).tobytes() if whole.dtype.kind in "biuf" else repr(list(whole)).encode()

def digest(plot):
    sources = plot.select({"type": ColumnDataSource})  # in no order
    found = sorted(b"".join(name.encode() + content(one.data[name]) for name in sorted(one.data)) for one in sources)
    return hashlib.sha256(b"".join(found)).hexdigest()

def figures(view):
    layout = pn.panel(view)
    plots = [digest(plot) for plot in layout.get_root().select({"type": Plot})]
    sent = [one.tobytes() for row in layout.select(Pictures) for one in row.images]
    sent += [plan.arcs for plan in layout.select(PlanPicture)]
    return sorted(plots + [hashlib.sha256(one).hexdigest() for one in sent])

def made(choice):
    yield "jets", JetsView(choice)
    yield "pairs", PairsView(choice)
    yield "scores", ScoresView(choice)
    yield "events", EnsembleView(choice, **prepare(choice))

print(json.dumps({name: figures(view) for name, view in made(Choice())}))
"""


@pytest.fixture(scope="module")
def another(tmp_path_factory):
    """A data folder whose sample has other jets, fewer of them; all else is the committed one."""
    folder = tmp_path_factory.mktemp("data")
    for part in data_dir().iterdir():
        if part.name != "sample":
            (folder / part.name).symlink_to(part)
    (folder / "sample").mkdir()
    for split, sizes in SIZES.items():
        some = jets.load("sample", split)
        for name, n in sizes.items():
            last = np.arange(len(some[name]))[::-1][:n]
            jets.write_jets(folder / "sample" / f"{name}_{split}.npz", some[name][last], {"process": name})
    return folder


def shown(cache, **environment):
    """Give the digests of all figures, made in a process that has seen nothing else."""
    given = {**os.environ, "OMP_NUM_THREADS": "1", "JETEXPLORE_CACHE": str(cache), **environment}
    command = [sys.executable, "-c", SHOWN]
    done = subprocess.run(command, env=given, capture_output=True, text=True, timeout=550, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


def test_every_figure_follows_the_sample(another, tmp_path):
    committed = shown(Path(os.environ["JETEXPLORE_CACHE"]))
    assert shown(Path(os.environ["JETEXPLORE_CACHE"])) == committed  # nothing else moves
    changed = shown(tmp_path, JETEXPLORE_DATA=str(another))
    assert {name: len(some) for name, some in committed.items()} == {name: len(some) for name, some in changed.items()}
    for name, some in committed.items():
        assert len(some) >= LEAST[name]
        assert set(some) & set(changed[name]) == set(), f"a figure of {name} did not change"
