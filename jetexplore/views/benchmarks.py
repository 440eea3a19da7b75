"""Pictures of how the time of exact transport grows, for files: rows of the benchmark in, two figures out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import holoviews as hv

from jetexplore.errors import InputError

NAMES = {"": "jetexplore", "_emd_c": "POT's bare solver", "_emd2": "ot.emd2"}
LINES = {"jetexplore": "#0072B2", "POT's bare solver": "#E69F00", "ot.emd2": "#D55E00", "wasserstein": "#009E73"}
FORMATS = ("png", "svg")


def time_by_pixels(rows: Sequence[Mapping], p: float = 1.0) -> hv.Overlay:
    """Draw the time of one pair against the number of its pixels.

    Parameters
    ----------
    rows : sequence of mapping
        The table ``pixels`` of ``suite.run``.
    p : float
        Power of the distance.

    Returns
    -------
    holoviews.Overlay
        One line a solver, both axes logarithmic.
    """
    some = [row for row in rows if row["p"] == p]
    lines = {name: [(row["pixels"], row[f"us{peer}"]) for row in some] for peer, name in NAMES.items()}
    return _lines(lines, f"Wass({p:g}) of one pair, one thread", "non-zero pixels of each image", "processor time, µs")


def time_by_jets(rows: Sequence[Mapping]) -> hv.Overlay:
    """Draw the time of all pairs against the number of jets.

    Parameters
    ----------
    rows : sequence of mapping
        The table ``jets`` of ``suite.run``.

    Returns
    -------
    holoviews.Overlay
        One line a solver and number of threads, both axes logarithmic.
    """
    lines: dict[str, list] = {}
    for row in rows:
        threads = f", {row['threads']} threads" if row["threads"] > 1 else ""
        lines.setdefault(row["method"] + threads, []).append((row["jets"], row["s"]))
    return _lines(lines, "Wass(1) of all pairs", "QCD jet images", "time on the wall, s")


def save(tables: Mapping[str, Sequence[Mapping]], folder: str | Path) -> list[Path]:
    """Write both figures as PNG and SVG.

    Parameters
    ----------
    tables : mapping
        Of ``suite.run``, with the section "size".
    folder : str or pathlib.Path
        Made if missing.

    Returns
    -------
    list of pathlib.Path
        The files.

    Raises
    ------
    InputError
        ``E_SECTION`` if sizes were not measured.
    """
    if not {"pixels", "jets"} <= set(tables):
        raise InputError("E_SECTION", "no times by size to draw", "the section size", where=str(folder))
    figures = {"time_by_pixels": time_by_pixels(tables["pixels"]), "time_by_jets": time_by_jets(tables["jets"])}
    Path(folder).mkdir(parents=True, exist_ok=True)
    written = [Path(folder) / f"{name}.{end}" for name in figures for end in FORMATS]
    for path in written:
        hv.save(figures[path.stem], path, fmt=path.suffix[1:], backend="matplotlib", dpi=144)
    return written


def _lines(lines: Mapping[str, Sequence[tuple[float, float]]], title: str, xlabel: str, ylabel: str) -> hv.Overlay:
    import holoviews.plotting.mpl  # noqa: F401  the options below are this backend's

    drawn = []
    for name, places in lines.items():
        solver, *threads = name.split(", ")
        curve = hv.Curve(places, "x", "y", label=name)
        style = {"color": LINES[solver], "linestyle": "--" if threads else "-", "marker": "o", "backend": "matplotlib"}
        drawn.append(curve.opts(**style))
    return hv.Overlay(drawn).opts(
        title=title, xlabel=xlabel, ylabel=ylabel, logx=True, logy=True, show_grid=True, legend_position="top_left",
        padding=0.06, aspect=1.3, fig_inches=(6, 4.6), backend="matplotlib",
    )  # fmt: skip
