"""The commands for one's own files: what they tell, what they write, and that a stopped conversion goes on."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from jetexplore import cli, jets
from jetexplore.errors import InputError
from jetexplore.jets import conversion, inspection
from jetexplore.jets.childparse import run as in_a_child
from jetexplore.jets.layouts import reading
from jetexplore.jets.layouts.catalogue import LAYOUTS

sys.path.insert(0, str(Path(__file__).parent))
import layoutfiles as files

N = 40
LABELS = np.arange(N) % 2


@pytest.fixture(scope="module")
def some(random_jets):
    return random_jets(N, 7, prongs=1, pt=(400.0, 900.0))


@pytest.fixture
def here(monkeypatch):
    """Run the commands without child processes, which have tests of their own: they take a second each."""
    from jetexplore.jets import childparse

    tasks = {"inspect": inspection.inspected, "convert": conversion.converted}
    monkeypatch.setattr(childparse, "run", lambda task, arguments, limits=None, writable=(): tasks[task](**arguments))


SOURCES = {
    "cheng": files.cheng,
    "top-tagging": lambda path, some: files.toptagging(path, some, LABELS),
    "quark-gluon": lambda path, some: files.quarkgluon(path, some, LABELS),
    "nanoaod": files.nanoaod,
    "simple-parquet": lambda path, some: files.parquet(path, some, label=LABELS),
}


@pytest.mark.parametrize("ending", ["npz", "parquet", "h5"])
@pytest.mark.parametrize("layout", SOURCES)
def test_converted_jets_are_the_same(tmp_path, some, layout, ending, here, capsys):
    path = SOURCES[layout](tmp_path / "in.npz", some)
    output = tmp_path / "out" / f"mine.{ending}"
    assert cli.main(["convert", str(path), str(output), "--quiet"]) == 0
    assert f"{N} jets of {path} ({layout})" in capsys.readouterr().out
    source, found = jets.read(path), jets.read(output)
    assert found.jets.counts.tolist() == source.jets.counts.tolist()
    exact = 0 if ending != "npz" else 2**-10
    np.testing.assert_allclose(found.jets.pt, source.jets.pt, rtol=exact)
    np.testing.assert_allclose(found.jets.eta, source.jets.eta, atol=exact, rtol=exact)
    assert (found.label is None) == (source.label is None)
    if found.label is not None:
        assert found.label.tolist() == source.label.tolist()
        assert set(jets.load(output)) == set(jets.load(path))
    assert found.event.tolist() == source.event.tolist()
    assert sorted(one.name for one in output.parent.iterdir()) == [output.name]


def test_a_class_and_a_window(tmp_path, some, here):
    path = files.toptagging(tmp_path / "train.h5", some, LABELS)
    window = ["--pt-window", "500", "800"]
    assert cli.main(["convert", str(path), str(tmp_path / "Top.npz"), "--class", "Top", "--quiet", *window]) == 0
    ((name, found),) = jets.load(tmp_path / "Top.npz").items()
    pt = some.momenta().pt
    assert name == "Top"
    assert len(found) == np.sum((pt > 500) & (pt <= 800) & (LABELS == 1))
    assert cli.main(["convert", str(path), str(tmp_path / "a.h5"), "--class", "Top", "--quiet"]) == 0
    assert {name: len(one) for name, one in jets.load(tmp_path / "a.h5").items()} == {"Top": N // 2}
    assert cli.main(["convert", str(path), str(tmp_path / "W.npz"), "--class", "W", "--quiet"]) == 2
    assert not (tmp_path / "W.npz").exists()


def test_a_label_for_all(tmp_path, some, here):
    path = files.cheng(tmp_path / "top.h5", some)
    options = ["--class", "Top", "--label", "1", "--limit", "5", "--quiet"]
    assert cli.main(["convert", str(path), str(tmp_path / "a.h5"), *options]) == 0
    assert jets.read(tmp_path / "a.h5").label.tolist() == [1] * 5
    assert list(jets.load(tmp_path / "a.h5")) == ["Top"]


@pytest.mark.parametrize("ending", ["npz", "parquet", "h5"])
def test_a_stopped_conversion_goes_on(tmp_path, some, ending, monkeypatch):
    path = files.parquet(tmp_path / "in.parquet", some, label=LABELS)
    plain = conversion.convert(path, tmp_path / f"plain.{ending}", rows=7)
    checked, real = [], reading.check

    def counting(raw, *arguments):
        checked.append(len(raw.counts))
        if len(checked) == 4:
            raise KeyboardInterrupt
        return real(raw, *arguments)

    monkeypatch.setattr(reading, "check", counting)
    output = tmp_path / f"out.{ending}"
    with pytest.raises(KeyboardInterrupt):
        conversion.convert(path, output, rows=7)
    assert not output.exists()
    assert len(list((tmp_path / f"out.{ending}.parts").glob("0*.npz"))) == 3
    with pytest.raises(InputError) as caught:  # another request does not mix with it
        conversion.convert(path, output, rows=8)
    assert caught.value.code == "E_VERSION"
    made = conversion.convert(path, output, rows=7)
    assert len(checked) == 4 + 3  # the three that were done were not looked at again
    assert made[1:] == plain[1:]
    again, once = jets.read(output), jets.read(plain.path)
    assert again.jets.pt.tolist() == once.jets.pt.tolist()
    assert again.label.tolist() == once.label.tolist()
    assert output.read_bytes() == plain.path.read_bytes()
    assert not (tmp_path / f"out.{ending}.parts").exists()


@pytest.mark.parametrize("layout", SOURCES)
def test_rows_are_counted_for_the_time_that_is_left(tmp_path, some, layout, capsys):
    path = SOURCES[layout](tmp_path / "in.npz", some)
    assert conversion._rows(path, None) == (None if layout == "nanoaod" else N)
    conversion.convert(path, tmp_path / "a.npz", progress=True)
    assert layout == "nanoaod" or f"{N:.1f}/{N:.1f}" in capsys.readouterr().err


def test_a_damaged_block_is_made_again(tmp_path, some, monkeypatch):
    path = files.parquet(tmp_path / "in.parquet", some)
    monkeypatch.setattr(conversion.shutil, "rmtree", lambda folder: None)
    conversion.convert(path, tmp_path / "a.h5", rows=7)
    (tmp_path / "a.h5").unlink()
    (tmp_path / "a.h5.parts" / "000002.npz").write_bytes(b"damaged")
    assert conversion.convert(path, tmp_path / "a.h5", rows=7).jets == N
    assert jets.read(tmp_path / "a.h5").jets.pt.tolist() == some.pt.tolist()


@pytest.mark.parametrize(
    ("output", "options", "code"),
    [
        ("a.txt", {}, "E_SUFFIX"), ("a.npz", {"to": "cheng"}, "E_LAYOUT"), ("in.parquet", {}, "E_EXISTS"),
        ("a.npz", {"layout": "x"}, "E_LAYOUT"), ("a.npz", {"on_bad": "x"}, "E_ON_BAD"), ("a.npz", {"limit": 0}, "E_RANGE"),
    ],
)  # fmt: skip
def test_wrong_requests(tmp_path, some, output, options, code):
    path = files.parquet(tmp_path / "in.parquet", some)
    with pytest.raises(InputError) as caught:
        conversion.convert(path, tmp_path / output, **options)
    assert caught.value.code == code
    assert not (tmp_path / "a.npz").exists()


def test_inspect(tmp_path, some, here, capsys):
    path = files.toptagging(tmp_path / "train.h5", some, LABELS)
    assert cli.main(["inspect", str(path)]) == 0
    said = capsys.readouterr().out
    assert f"{N} jets in {N} rows; labels: QCD 20, Top 20" in said
    assert "doi:10.5281/zenodo.2603256" in said
    assert "the average jet" in said
    assert cli.main(["inspect", str(path), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    momenta = some.momenta()
    np.testing.assert_allclose(told["ranges"]["pt"], np.quantile(momenta.pt, inspection.QUANTILES), rtol=1e-5)
    np.testing.assert_allclose(told["ranges"]["mass"], np.quantile(momenta.mass, inspection.QUANTILES), rtol=1e-3)
    picture = np.array(told["picture"])
    assert picture.sum() == pytest.approx(1, abs=0.01)
    assert np.unravel_index(picture.argmax(), picture.shape) in [(7, 7), (7, 8), (8, 7), (8, 8)]


def test_inspect_of_bad_jets(tmp_path, some, here, capsys):
    pt = some.pt.copy()
    pt[some.offsets[[3, 9]]] = -1
    path = files.simple(tmp_path / "a.h5", some)
    import h5py

    with h5py.File(path, "a") as file:
        file["pt"][:] = pt
    assert cli.main(["inspect", str(path)]) == 2
    assert "left out pt out of range (-1) in jets 3, 9" in capsys.readouterr().out
    assert cli.main(["inspect", str(path), "--on-bad", "drop"]) == 0
    assert cli.main(["inspect", str(path), "--on-bad", "keep"]) == 0
    assert cli.main(["convert", str(path), str(tmp_path / "b.npz"), "--quiet"]) == 2
    assert "jets 3, 9" in capsys.readouterr().err
    assert sorted(one.name for one in tmp_path.iterdir()) == ["a.h5"]  # no blocks that another request would trip over
    for how, left in (("drop", N - 2), ("keep", N)):
        assert cli.main(["convert", str(path), str(tmp_path / f"{how}.npz"), "--quiet", "--on-bad", how]) == 0
        assert "in jets 3, 9" in capsys.readouterr().err
        assert sum(map(len, jets.load(tmp_path / f"{how}.npz").values())) == left


def test_the_layouts_are_listed(capsys):
    assert cli.main(["inspect", "--list"]) == 0
    said = capsys.readouterr().out
    assert all(name in said for name in LAYOUTS)


def test_both_in_child_processes(tmp_path, some):
    path = files.nanoaod(tmp_path / "a.root", some)
    assert cli.main(["convert", str(path), str(tmp_path / "a.h5"), "--quiet"]) == 0
    assert sorted(one.name for one in tmp_path.iterdir()) == ["a.h5", "a.root"]
    told, _ = in_a_child("inspect", {"path": str(tmp_path / "a.h5")})
    assert told["jets"] == N
    assert cli.main(["inspect", str(tmp_path / "nothing.h5")]) == 2
