"""Does the explorer keep its promises? Every target beside what was measured, and beside a bare page."""

from __future__ import annotations

import os
import platform
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

from jetexplore.distances.suite import table
from jetexplore.errors import choose
from jetexplore.views.bench import chromium, scripts
from jetexplore.views.bench.explorerrows import ALONE, LIVE, Live, start
from jetexplore.views.bench.measures import FULL, QUICK, Extent, Row
from jetexplore.views.bench.served import served
from jetexplore.views.serving import app

PACKAGES = ("jetexplore", "panel", "panel-material-ui", "holoviews", "bokeh", "datashader", "tornado")
SECTIONS = ("start", *LIVE, *ALONE)


def run(
    sections: Sequence[str], extent: Extent = FULL, progress: bool = False, keep: Callable[[dict], None] | None = None
) -> dict:  # fmt: skip
    """Measure.

    Parameters
    ----------
    sections : sequence of str
        Of `SECTIONS`.
    extent : Extent
        How much.
    progress : bool
        Name each section when it begins.
    keep : callable, optional
        Takes the record after each section: a run that is broken off leaves what it has.

    Returns
    -------
    dict
        What JSON can hold: ``machine``, ``versions``, ``extent``, ``notes`` (sections that failed, and why) and
        ``rows``, as `Row` with its section.

    Raises
    ------
    InputError
        ``E_SECTION`` for an unknown section, ``E_BROWSER`` if one is needed and missing.
    """
    for section in sections:
        choose("section", section, SECTIONS, "E_SECTION")
    rows, notes = [], []
    record = {"machine": _machine(), "versions": _versions(), "extent": extent._asdict(), "notes": notes, "rows": rows}

    def measure(section: str, work: Callable[[], list[Row]]) -> None:
        if progress:
            sys.stderr.write(f"{section} ...\n")
        try:
            found = work()
        except Exception as error:  # noqa: BLE001  the other sections are worth having
            notes.append(f"{section} failed: {type(error).__name__}: {str(error)[:300]}")
        else:
            rows.extend({"section": section, **one._asdict(), "load": os.getloadavg()[0]} for one in found)
        if keep:
            keep(record)

    live = [section for section in LIVE if section in sections]
    if live or "start" in sections:
        with tempfile.TemporaryDirectory() as folder, chromium.chromium() as browser:
            bare = Path(folder) / "bare.py"
            bare.write_text(scripts.BARE)
            if "start" in sections:
                measure("start", lambda: start(browser, bare, extent))
            if live:
                with served(app()) as server, served(bare) as other:
                    ready = Live(server, chromium.opened(browser, server.url), chromium.opened(browser, other.url))
                    for section in live:
                        measure(section, lambda section=section: LIVE[section](ready, extent))
    for section, work in ALONE.items():
        if section in sections:
            measure(section, lambda work=work: work(extent))
    return record


def text(record: Mapping) -> str:
    """Write the record for people.

    Parameters
    ----------
    record : mapping
        From `run`.

    Returns
    -------
    str
        Lines.
    """
    told = record["machine"] | record["versions"]
    lines = [", ".join(f"{name} {found}" for name, found in told.items()), *record["notes"]]
    marks = {True: "yes", False: "NO", None: "-"}
    rows = [
        {name: one[name] for name in ("section", "what", "n", "unit", "median", "p95", "target")}
        | {"met": marks[one["met"]], "bare": one["bare"], "ratio": one["median"] / one["bare"] if one["bare"] else None}
        for one in record["rows"]
    ]
    return "\n".join([*lines, table(rows)] if rows else lines)


def _machine() -> dict[str, object]:
    return {"system": platform.system(), "processors": os.cpu_count(), "load": os.getloadavg()[0]}


def _versions() -> dict[str, str]:
    return {"python": platform.python_version(), **{name: version(name) for name in PACKAGES}}


__all__ = ["FULL", "QUICK", "SECTIONS", "run", "text"]
