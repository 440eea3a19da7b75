"""What is in this file of jets? Layout, ranges, classes, what is wrong, and the average jet in characters."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from jetexplore.errors import InputError
from jetexplore.jets.constituents import Jets
from jetexplore.jets.layouts import reading
from jetexplore.jets.layouts.catalogue import LAYOUTS
from jetexplore.jets.preprocessing import images_and_kept
from jetexplore.jets.tally import Tally

PICTURED = 2000  # jets of the picture
SHADES = " .:-=+*#%@"
PIXELS = 16
QUANTILES = (0.0, 0.05, 0.5, 0.95, 1.0)
SAMPLED = 200_000  # jets whose values are kept for the quantiles


def inspected(path: str, layout: str | None = None, on_bad: str = "error", **options: object) -> tuple[dict, dict]:
    """Look through a whole file, block by block.

    Parameters
    ----------
    path : str
        The file.
    layout : str, optional
        Its layout; recognised by default.
    on_bad : str
        With ``"error"`` bad jets are told all the same, and looked past.
    **options
        As for `reading.blocks`.

    Returns
    -------
    told : dict
        What JSON can hold; see `text`.
    arrays : dict
        Empty.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    InputError
        If it cannot be read at all.

    Examples
    --------
    >>> from jetexplore.files import data_dir
    >>> told, _ = inspected(str(data_dir() / "sample" / "W_test.npz"))
    >>> told["layout"], told["jets"], told["bad"]
    ('native', 2000, {})
    """
    tally = Tally()
    kept: dict[str, list[np.ndarray]] = {name: [] for name in ("constituents", "pt", "eta", "mass")}
    labels: dict[int, int] = {}
    picture, pictured, window = np.zeros((PIXELS, PIXELS)), 0, []
    try:
        asked = reading.Asked(on_bad="keep" if on_bad == "keep" else "drop", count_duplicates=True, **options)
        for _, block in reading.steps(path, layout, asked, tally):
            if len(block.jets) == 0:  # all of them bad
                continue
            momenta = block.jets.momenta()
            values = (block.jets.counts, momenta.pt, momenta.eta, momenta.mass)
            for name, some in zip(kept, values, strict=True):
                if sum(map(len, kept[name])) < SAMPLED:
                    kept[name].append(np.asarray(some, dtype=np.float64))
            if block.label is not None:
                for label, count in zip(*np.unique(block.label, return_counts=True), strict=True):
                    labels[int(label)] = labels.get(int(label), 0) + int(count)
            if pictured < PICTURED:
                some = block.jets[: PICTURED - pictured]
                image, share = _picture(some)
                picture, pictured = picture + image, pictured + len(some)
                window.append(share)
    except InputError as error:
        if error.code != "E_EMPTY" or not tally.bad:
            raise
    return _record(path, tally, kept, labels, picture / max(pictured, 1), window), {}


def prepare() -> None:
    """Compile the kernel of images, which is kept for the next time, before a child process may write no more."""
    _picture(Jets(np.ones(1), np.zeros(1), np.zeros(1), np.array([0, 1])))


def _picture(jets: Jets) -> tuple[np.ndarray, np.ndarray]:
    try:
        image, share = images_and_kept(jets, npix=PIXELS)
    except InputError:  # nothing inside the window
        return np.zeros((PIXELS, PIXELS)), np.zeros(len(jets))
    return np.asarray(image).sum(0), np.asarray(share, dtype=np.float64)


def _record(
    path: str, tally: Tally, kept: dict[str, list], labels: dict[int, int], picture: np.ndarray, window: list
) -> dict:
    warnings = tally.warnings()
    share = float(np.mean(np.concatenate(window))) if window else 1.0
    if share < 0.99:
        warnings.append(f"an image 3.2 wide holds only {100 * share:.1f} % of the transverse momentum")
    if len(labels) == 1:
        warnings.append("one class only: no ROC curve can be drawn from this file alone")
    known = LAYOUTS[tally.layout]
    size = {name: _quantiles(np.concatenate(some)) for name, some in kept.items() if some}
    return {
        "path": str(Path(path)), "resolved": str(Path(path).resolve()), "bytes": Path(path).stat().st_size,
        "layout": tally.layout, "title": known.title,
        "citation": known.citation, "licence": known.licence, "rows": tally.read, "jets": tally.kept,
        "quantiles": list(QUANTILES), "ranges": size,
        "classes": {tally.classes.get(label, str(label)): count for label, count in sorted(labels.items())},
        "labelled": bool(labels), "bad": tally.bad, "bad_first": {code: tally.named[code] for code in tally.bad},
        "empty": tally.empty, "one_constituent": tally.alone, "warnings": warnings,
        "picture": [[round(float(pixel), 6) for pixel in row] for row in picture],
    }  # fmt: skip


def _quantiles(values: np.ndarray) -> list[float]:
    return [float(f"{value:.6g}") for value in np.quantile(values, QUANTILES)]


def text(told: dict) -> str:
    """Lay what was found out for people.

    Parameters
    ----------
    told : dict
        What `inspected` gave.

    Returns
    -------
    str
        Some lines.

    Examples
    --------
    >>> from jetexplore.files import data_dir
    >>> print(text(inspected(str(data_dir() / "sample" / "W_test.npz"))[0]).splitlines()[1])
    2000 jets in 2000 rows; no labels
    """
    classes = ", ".join(f"{name} {count}" for name, count in told["classes"].items())
    labels = f"labels: {classes}" if told["labelled"] else "no labels"
    path = told["path"]
    if told.get("resolved", path) != str(Path(path).absolute()):
        path = f"{path} -> {told['resolved']}"
    lines = [f"{path}: {told['title']} ({told['layout']}), {told['bytes'] / 1e6:.2f} MB"]
    lines += [f"{told['jets']} jets in {told['rows']} rows; {labels}"]
    if told["citation"]:
        lines.append(f"cite: {told['citation']}" + (f" ({told['licence']})" if told["licence"] else ""))
    titles = ("least", "5 %", "median", "95 %", "largest")
    lines.append(f"{'':14s}" + "".join(f"{title:>10s}" for title in titles))
    units = {"constituents": "constituents", "pt": "pt (GeV)", "eta": "eta", "mass": "mass (GeV)"}
    for name, values in told["ranges"].items():
        lines.append(f"{units[name]:14s}" + "".join(f"{value:10.4g}" for value in values))
    lines += [f"warning: {one}" for one in told["warnings"]]
    picture = np.array(told["picture"])
    if picture.max() > 0:
        shade = (np.sqrt(picture / picture.max()) * (len(SHADES) - 1)).round().astype(int)
        lines.append("the average jet (eta to the right, phi up; 3.2 x 3.2):")
        lines += ["  |" + "".join(2 * SHADES[k] for k in row) + "|" for row in shade.T[::-1]]
    return "\n".join(lines)
