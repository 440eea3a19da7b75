"""Which numbers does a dijet search show? Its spectrum and its windows as columns of plain arrays."""

from __future__ import annotations

from jetexplore.views import resonance
from jetexplore.views.export.columns import Columns
from jetexplore.views.state import Choice


def spectrum(choice: Choice) -> Columns:
    """List the spectrum of the dijet search.

    Parameters
    ----------
    choice : Choice
        The selections.

    Returns
    -------
    mapping of str to array
        A row a bin: its edges (GeV), events beyond the cut and others, the transfer factor, the background predicted,
        their errors, the pull, and whether the bin is in the least likely window.
    """
    found = resonance.search(choice).search
    low, high = found.edges[:-1], found.edges[1:]
    return {
        "low": low,
        "high": high,
        "outliers": found.outliers,
        "others": found.others,
        "transfer_factor": found.transfer.factor,
        "transfer_factor_error": found.transfer.factor_error,
        "background": found.transfer.background,
        "background_error": found.transfer.background_error,
        "pull": found.pulls,
        "in_window": (low >= found.low) & (high <= found.high),
    }


def windows(choice: Choice) -> Columns:
    """List every window of the dijet search.

    Parameters
    ----------
    choice : Choice
        The selections.

    Returns
    -------
    mapping of str to array
        A row a window: its edges (GeV), events observed and expected, local p.
    """
    found = resonance.search(choice).search
    some = found.windows
    edges = found.edges[some.first], found.edges[some.first + some.width]
    return {"low": edges[0], "high": edges[1], "observed": some.observed, "expected": some.expected, "local_p": some.p}
