"""Where do events pile up? The window of neighbouring bins with the least likely excess (BumpHunter)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.special import gammainc

from jetexplore.errors import InputError

WIDTHS = (2, 5)  # bins, section 4 of Tsan et al. (2021)
LEAST_P = 1e-300  # whose logarithm is finite


class Windows(NamedTuple):
    """All windows of one spectrum, narrow ones first."""

    first: np.ndarray  # (windows,) first bin
    width: np.ndarray  # (windows,) bins
    observed: np.ndarray  # (windows,) events
    expected: np.ndarray  # (windows,) events
    p: np.ndarray  # (windows,) of so many events or more; 1 without an excess

    @property
    def best(self) -> int:
        """Index of the smallest p, the narrowest and then lowest of equals."""
        return int(self.p.argmin())


def windows(observed: np.ndarray, expected: np.ndarray, widths: tuple[int, int] = WIDTHS) -> Windows:
    r"""Judge every window of neighbouring bins.

    :math:`p = P(n \geq d \mid b)` with :math:`n \sim \mathrm{Poisson}(b)` for windows with an excess d > b;
    Choudalakis, arXiv:1101.0390. A window where nothing is expected cannot be judged and has p = 1.

    Parameters
    ----------
    observed, expected : array_like, shape (bins,)
        Events.
    widths : tuple of int
        Narrowest and widest window, bins.

    Returns
    -------
    Windows
        First bin, width, counts and p.

    Raises
    ------
    InputError
        ``E_WIDTHS`` or ``E_SHAPE``.

    Examples
    --------
    >>> found = windows([10, 30, 28, 11], [10.0, 10.0, 10.0, 10.0], (2, 3))
    >>> found.first[found.best], found.width[found.best], found.observed[found.best]
    (1, 2, 58)
    """
    d, b = np.atleast_2d(observed), np.atleast_2d(np.asarray(expected, dtype=np.float64))
    if d.shape != b.shape or len(d) != 1:
        raise InputError("E_SHAPE", f"counts of shapes {np.shape(observed)} and {np.shape(expected)}", "two spectra")
    every = checked_widths(widths, d.shape[1])
    parts = [_sums(d, b, width) for width in every]
    numbers = [len(part[0][0]) for part in parts]
    seen, awaited = (np.concatenate([part[k][0] for part in parts]) for k in (0, 1))
    first = np.concatenate([np.arange(number) for number in numbers])
    return Windows(first, np.repeat(every, numbers), seen, awaited, _p(seen, awaited))


def statistic(observed: np.ndarray, expected: np.ndarray, widths: tuple[int, int] = WIDTHS) -> np.ndarray:
    r"""BumpHunter's test statistic :math:`t = -\log \min p` of many spectra at once.

    Parameters
    ----------
    observed, expected : ndarray, shape (rows, bins)
        Events; ``expected`` may be one row for all.
    widths : tuple of int
        As in `windows`.

    Returns
    -------
    ndarray, shape (rows,)
        0 where no window has an excess, at most ``-log(LEAST_P)``, 691.

    Raises
    ------
    InputError
        ``E_WIDTHS``.

    Examples
    --------
    >>> statistic(np.array([[10, 30, 28, 11], [9, 9, 9, 9]]), np.full((1, 4), 10.0), (2, 3)).round(2).tolist()
    [26.29, 0.0]
    """
    d, b = np.atleast_2d(observed), np.atleast_2d(expected)
    least = np.ones(len(d))
    for width in checked_widths(widths, d.shape[1]):
        np.minimum(least, _p(*_sums(d, b, width)).min(1), out=least)
    return np.abs(np.log(np.maximum(least, LEAST_P)))


def checked_widths(widths: tuple[int, int], bins: int) -> range:
    """Give all widths between two, or say why there are none.

    Parameters
    ----------
    widths : tuple of int
        Narrowest and widest window, bins.
    bins : int
        Of the spectrum.

    Returns
    -------
    range
        Widths.

    Raises
    ------
    InputError
        ``E_WIDTHS``.

    Examples
    --------
    >>> list(checked_widths((2, 5), 21))
    [2, 3, 4, 5]
    """
    whole = len(widths) == 2 and all(isinstance(one, (int, np.integer)) for one in widths)
    if not whole or not 1 <= widths[0] <= widths[1] <= bins:
        raise InputError("E_WIDTHS", f"windows of {widths!r} bins", f"two whole numbers, 1 <= first <= last <= {bins}")
    return range(widths[0], widths[1] + 1)


def _sums(d: np.ndarray, b: np.ndarray, width: int) -> tuple[np.ndarray, np.ndarray]:
    # Sums of the bins themselves, since a difference of cumulative sums loses digits where the spectrum has fallen
    view = np.lib.stride_tricks.sliding_window_view
    return view(d, width, axis=1).sum(-1), view(b, width, axis=1).sum(-1)


def _p(observed: np.ndarray, expected: np.ndarray) -> np.ndarray:
    observed, expected = np.broadcast_arrays(np.asarray(observed, dtype=np.float64), expected)
    excess = (observed > expected) & (expected > 0)
    p = np.ones(observed.shape)
    # Not where=excess: the masked loop of SciPy 1.17 under NumPy 1.26 writes beyond its buffer and ends in a crash
    p[excess] = gammainc(observed[excess], expected[excess])
    return p
