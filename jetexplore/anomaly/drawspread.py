"""Does a smaller power p depend less on which jets are drawn? Spreads of table 2 by power.

Fraser et al. (2021), section 5: with a smaller p "the results are also slightly less sensitive to exactly which QCD
reference images are chosen".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import numpy as np


def spread_by_power(
    records: Iterable[Mapping[str, object]], reference: str = "QCD", methods: Iterable[str] = ("min", "random")
) -> list[dict[str, object]]:
    r"""Gather the spreads of the Wass(p) rows of table 2, over the numbers of events, by p.

    Parameters
    ----------
    records : iterable of mapping
        From `compare`, also of rows that the paper does not have.
    reference : str
        Class of the reference events.
    methods : iterable of str
        "min" for medoids (spread over subsets), "random" for random events (spread over choices).

    Returns
    -------
    list of dict
        One record a method, signal and power, by rising p: ``rows``, the quadratic mean ``spread`` over numbers of
        events, its ``error`` :math:`s / \sqrt{2 (n - 1)}` for n subsets as if all rows said the same, since they
        share them, and ``ours``, the mean area.

    Examples
    --------
    >>> row = {"reference": "QCD", "method": "min", "signal": "W", "spread": 0.03, "n": 9, "ours": 0.6}
    >>> (found,) = spread_by_power([{**row, "metric": "Wass(2)"}, {**row, "metric": "MAE"}])
    >>> found["p"], found["rows"], round(found["spread"], 3), round(found["error"], 4)
    (2.0, 1, 0.03, 0.0075)
    """
    methods, gathered = list(methods), {}
    for record in records:
        power = re.fullmatch(r"Wass\((.+)\)", str(record["metric"]))
        if power and record["reference"] == reference and record["method"] in methods:
            gathered.setdefault((record["method"], record["signal"], float(power[1])), []).append(record)
    found = []
    for (method, signal, p), rows in sorted(gathered.items()):
        spread = float(np.sqrt(np.mean([row["spread"] ** 2 for row in rows])))
        found.append({
            "method": method, "signal": signal, "p": p, "rows": len(rows), "spread": spread,
            "error": spread / float(np.sqrt(2 * (rows[0]["n"] - 1))), "ours": float(np.mean([r["ours"] for r in rows])),
        })  # fmt: skip
    return found
