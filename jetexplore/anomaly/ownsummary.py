"""What do scores say of the jets of a file? The highest, how many are rare, and ROC curves where there are labels."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from jetexplore.anomaly import curves, namedscores
from jetexplore.anomaly.ownjets import Own, Rated, outside

BACKGROUNDS = ("qcd", "background", "bkg", "0")  # what files call it, the first that is there
BEYOND = 95, 99  # per cent of the sample's QCD jets


def background(names: np.ndarray | None) -> str | None:
    """Tell which class of labelled jets is the background.

    Parameters
    ----------
    names : ndarray of str, shape (n,), or None
        Class of each jet.

    Returns
    -------
    str or None
        The class that is called QCD, background or the like; None if there is none.

    Examples
    --------
    >>> background(np.array(["Top", "QCD"])), background(np.array(["1", "2"]))
    ('QCD', None)
    """
    there = {} if names is None else {str(name).lower(): str(name) for name in names}
    return next((there[one] for one in BACKGROUNDS if one in there), None)


def rocs(scores: np.ndarray, names: np.ndarray | None) -> tuple[dict[str, curves.Roc], str]:
    """ROC curves of labelled jets, each class against the background of the same file.

    Parameters
    ----------
    scores : ndarray, shape (n,)
        Scores; jets without one (NaN) are left out.
    names : ndarray of str, shape (n,), or None
        Class of each jet.

    Returns
    -------
    curves : dict of str to Roc
        By signal; empty if there can be none.
    told : str
        Why there is none, or which class is the background.

    Examples
    --------
    >>> found, told = rocs(np.arange(4.0), np.array(["QCD", "QCD", "Top", "Top"]))
    >>> found["Top"].auc, told
    (1.0, 'The background is the class QCD of the file.')
    >>> rocs(np.arange(4.0), None)[1]
    'The jets have no labels, so no ROC curve can be drawn.'
    """
    if names is None:
        return {}, "The jets have no labels, so no ROC curve can be drawn."
    names = np.asarray(names).astype(str)
    known, name = np.isfinite(scores), background(names)
    classes = list(dict.fromkeys(names[known].tolist()))
    if len(classes) < 2:
        return {}, f"All jets are of one class ({', '.join(classes) or 'none'}), so no ROC curve can be drawn."
    if name is None or name not in classes:
        said = ", ".join(classes[:5])
        return {}, f"None of the classes ({said}) is called QCD or background, so no ROC curve can be drawn."
    quiet = scores[known & (names == name)]
    found = {one: curves.roc(quiet, scores[known & (names == one)]) for one in classes if one != name}
    return found, f"The background is the class {name} of the file."


def highest(found: Rated, many: int) -> np.ndarray:
    """Find the jets that score highest.

    Parameters
    ----------
    found : Rated
        From ``ownjets.rated``.
    many : int
        How many at most.

    Returns
    -------
    ndarray of int
        Places, the highest first, ties by place; none that has no score.
    """
    order = np.argsort(-np.nan_to_num(found.scores, nan=-np.inf), kind="stable")
    return order[np.isfinite(found.scores[order])][:many]


def summary(own: Own, found: Mapping[str, Rated]) -> dict:
    """Tell what scores say of the jets of a file, as JSON can hold it.

    Parameters
    ----------
    own : Own
        The jets.
    found : mapping of str to Rated
        By name of the score.

    Returns
    -------
    dict
        Jets, warnings; of each score quantiles, how many jets lie beyond 95 and 99 % of the QCD jets, and areas.
    """
    said = {}
    for name, one in found.items():
        known = np.isfinite(one.scores)
        areas, told = rocs(one.scores, own.names)
        said[name] = {
            "scored": int(known.sum()), "unscored": int((~known).sum()),
            "median": float(np.median(one.scores[known])) if known.any() else None,
            "median_percentile": float(np.median(one.percentile[known])) if known.any() else None,
            **{f"beyond_{cut}": float(np.mean(one.percentile[known] > cut)) if known.any() else None
               for cut in BEYOND},
            "auc": {signal: {"value": curve.auc, "error": curve.auc_error} for signal, curve in areas.items()},
            "roc": told,
        }  # fmt: skip
    return {
        "file": own.name, "sha256": own.key, "layout": own.layout, "jets": len(own.jets),
        "warnings": [*own.warnings, *outside(own.jets)], "scores": said,
    }  # fmt: skip


def ranges(own: Own) -> dict[str, tuple[float, float, float]]:
    """Tell what the jets of a file are like.

    Parameters
    ----------
    own : Own
        The jets.

    Returns
    -------
    dict of str to tuple of float
        The 5 %, 50 % and 95 % quantiles of pT (GeV), eta, mass (GeV) and the number of constituents.
    """
    momenta = own.jets.momenta()
    values = {
        "pT [GeV]": momenta.pt, "eta": momenta.eta, "mass [GeV]": momenta.mass, "constituents": own.jets.counts,
    }  # fmt: skip
    return {name: tuple(np.quantile(some, (0.05, 0.5, 0.95)).tolist()) for name, some in values.items()}


def beside(name: str, found: Rated, source: str = "sample") -> curves.Histograms:
    """Histogram the scores of one's own jets in the bins of those of the sample.

    Parameters
    ----------
    name : str
        Of the score.
    found : Rated
        From ``ownjets.rated``.
    source : str
        Data set.

    Returns
    -------
    Histograms
        By class of the sample, and ``"yours"``, if any jet has a score.
    """
    known = found.scores[np.isfinite(found.scores)]
    some = dict(namedscores.named_scores(name, source))
    return curves.histograms(some | ({"yours": known} if len(known) else {}))


def table(own: Own, found: Rated) -> dict[str, np.ndarray]:
    """List what is known of every jet.

    Parameters
    ----------
    own : Own
        The jets.
    found : Rated
        From ``ownjets.rated``.

    Returns
    -------
    dict of str to ndarray
        Columns: place in the file, class if there are labels, momentum (GeV), constituents, score, percentile, p-value.
    """
    momenta, names = own.jets.momenta(), own.names
    columns = {"index": own.row} | ({} if names is None else {"class": names.astype(str)})
    columns |= {name: getattr(momenta, name) for name in ("pt", "eta", "phi", "mass")}
    columns |= {"multiplicity": own.jets.counts, "score": found.scores}
    return columns | {"percentile": found.percentile, "p_value": found.pvalue}


def text(told: Mapping) -> str:
    """Lay a summary out for people.

    Parameters
    ----------
    told : mapping
        From `summary`, perhaps with the ``path`` of what was written.

    Returns
    -------
    str
        Some lines.

    Examples
    --------
    >>> one = {"scored": 2, "unscored": 0, "median_percentile": 50.0, "beyond_95": 0.0, "beyond_99": 0.0, "auc": {},
    ...        "roc": "No labels."}
    >>> print(text({"file": "a.h5", "layout": "native", "jets": 2, "warnings": [], "scores": {"no training: m": one}}))
    a.h5: 2 jets (native)
    no training: m
      median at 50.0 % of the sample's QCD jets; above 95 % of them 0.0 % of these jets, above 99 % 0.0 %
      No labels.
    """
    lines = [f"{told['file']}: {told['jets']} jets ({told['layout']})"]
    lines += [f"warning: {one}" for one in told["warnings"]]
    for name, one in told["scores"].items():
        lines.append(name)
        if one["unscored"]:
            lines.append(f"  {one['unscored']} jets have no score: less than half of their pT lies in the image")
        if one["scored"]:
            lines.append(
                f"  median at {one['median_percentile']:.1f} % of the sample's QCD jets; above 95 % of them "
                f"{100 * one['beyond_95']:.1f} % of these jets, above 99 % {100 * one['beyond_99']:.1f} %"
            )
        lines += [f"  AUC {signal} {area['value']:.3f} ± {area['error']:.3f}" for signal, area in one["auc"].items()]
        lines.append(f"  {one['roc']}")
    return "\n".join([*lines, *([told["path"]] if "path" in told else [])])
