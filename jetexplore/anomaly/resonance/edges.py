"""In which bins of dijet mass is a resonance looked for? The variable-width binning of CMS, and counts in it."""

from __future__ import annotations

import numpy as np

from jetexplore.errors import InputError

# GeV; bins as wide as the dijet mass resolution of CMS, JHEP 08 (2018) 130; Tsan et al. search in 21 of them
CMS_EDGES = np.array([
    1, 3, 6, 10, 16, 23, 31, 40, 50, 61, 74, 88, 103, 119, 137, 156, 176, 197, 220, 244, 270, 296, 325, 354, 386, 419,
    453, 489, 526, 565, 606, 649, 693, 740, 788, 838, 890, 944, 1000, 1058, 1118, 1181, 1246, 1313, 1383, 1455, 1530,
    1607, 1687, 1770, 1856, 1945, 2037, 2132, 2231, 2332, 2438, 2546, 2659, 2775, 2895, 3019, 3147, 3279, 3416, 3558,
    3704, 3854, 4010, 4171, 4337, 4509, 4686, 4869, 5058, 5253, 5455, 5663, 5877, 6099, 6328, 6564, 6808, 7060, 7320,
    7589, 7866, 8152, 8447, 8752, 9067, 9391, 9726, 10072, 10430, 10798, 11179, 11571, 11977, 12395, 12827, 13272,
    13732, 14000,
], dtype=np.float64)  # fmt: skip
EDGES = CMS_EDGES[(CMS_EDGES >= 2659) & (CMS_EDGES <= 6099)]  # section 4 of Tsan et al. (2021)
for _edges in (CMS_EDGES, EDGES):
    _edges.setflags(write=False)


def checked_edges(edges: np.ndarray) -> np.ndarray:
    """Give bin edges as floats, or say why they are none.

    Parameters
    ----------
    edges : array_like, shape (bins + 1,)
        Rising, GeV.

    Returns
    -------
    ndarray, shape (bins + 1,), float64
        The same.

    Raises
    ------
    InputError
        ``E_EDGES``.

    Examples
    --------
    >>> len(checked_edges(EDGES))
    22
    """
    checked = np.asarray(edges, dtype=np.float64)
    if checked.ndim != 1 or len(checked) < 2 or not np.isfinite(checked).all() or not (np.diff(checked) > 0).all():
        raise InputError("E_EDGES", f"edges {np.asarray(edges).tolist()!r:.60}", "at least two rising numbers, GeV")
    return checked


def checked_masses(m_jj: np.ndarray) -> np.ndarray:
    """Give dijet masses as floats, or say why they are none.

    Parameters
    ----------
    m_jj : array_like, shape (n,)
        Dijet masses, GeV.

    Returns
    -------
    ndarray, shape (n,), float64
        The same.

    Raises
    ------
    InputError
        ``E_SHAPE``, ``E_EMPTY``, or ``E_NONFINITE``.

    Examples
    --------
    >>> checked_masses([3000]).tolist()
    [3000.0]
    """
    masses = np.asarray(m_jj, dtype=np.float64)
    if masses.ndim != 1:
        raise InputError("E_SHAPE", f"masses of shape {masses.shape}", "one mass an event", where="m_jj")
    if len(masses) == 0:
        raise InputError("E_EMPTY", "no masses", "those of at least one event", where="m_jj")
    if not np.isfinite(masses).all():
        found = f"{int((~np.isfinite(masses)).sum())} masses not finite"
        raise InputError("E_NONFINITE", found, "finite masses, GeV", where="m_jj")
    return masses


def spectrum(m_jj: np.ndarray, edges: np.ndarray = EDGES) -> np.ndarray:
    """Count events in bins of dijet mass; the last bin holds its upper edge, what lies outside is left out.

    Parameters
    ----------
    m_jj : array_like, shape (n,)
        Dijet masses, GeV.
    edges : array_like, shape (bins + 1,)
        Bin edges, GeV.

    Returns
    -------
    ndarray, shape (bins,), int64
        Events.

    Raises
    ------
    InputError
        ``E_SHAPE``, ``E_EMPTY``, ``E_NONFINITE`` or ``E_EDGES``.

    Examples
    --------
    >>> spectrum([2600.0, 2659.0, 3700.0, 3700.0])[[0, 7]].tolist()
    [1, 2]
    """
    return np.histogram(checked_masses(m_jj), bins=checked_edges(edges))[0]
