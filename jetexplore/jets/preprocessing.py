"""What does a jet look like? Constituents to images: centre, rotate, flip, pixelate, normalise.

Fraser et al. (2021), section 2: the jet is moved so that its pT-weighted centroid is at the origin, rotated
so that its major principal axis is vertical, flipped so that the hardest side is up and right, and only then
pixelated to 40 x 40 over 3.2 x 3.2; pixels are divided by the total pT in the image.

Where the text is silent this follows the energyflow utilities which it used: each axis is flipped on its own,
and the centroid lies in the *centre* of pixel ``npix // 2``. Image axes are [vertical, horizontal]: the row is the
position along the principal axis.
"""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np

from jetexplore.errors import InputError
from jetexplore.jets.constituents import Jets

NPIX = 40  # pixels a side
WIDTH = 3.2  # rad, of the whole image
KEPT_MIN = 0.5  # least fraction of the jet's pT that must lie inside the image


class Counted(NamedTuple):
    """Mean and standard deviation of the number of bright pixels."""

    mean: float
    std: float


def images(jets: Jets, npix: int = NPIX, width: float = WIDTH) -> np.ndarray:
    r"""Make one image a jet, of unit sum.

    With weights :math:`w_i = p_{T,i} / \sum_j p_{T,j}`, azimuths on the branch of the hardest constituent and
    positions relative to :math:`\sum_i w_i (\eta_i, \phi_i)`, the principal axis lies at
    :math:`\theta = \frac12 \operatorname{atan2}(2 S_{\eta\phi}, S_{\eta\eta} - S_{\phi\phi})`.
    A jet without an axis (one constituent, or all at one place) is not rotated.

    Parameters
    ----------
    jets : Jets
        The jets.
    npix : int
        Pixels a side, 1 to 1000.
    width : float
        Side of the image in rad, > 0.

    Returns
    -------
    ndarray, shape (n, npix, npix), float32
        Fractions of the pT inside the image, [vertical, horizontal].

    Raises
    ------
    InputError
        ``E_INPUTS``, ``E_NPIX``, ``E_WIDTH``, or ``E_WINDOW`` if less than half of a jet's pT falls inside the image.

    Examples
    --------
    >>> two = Jets(pt=[75.0, 25.0], eta=[0.0, 0.0], phi=[3.1, -3.1], offsets=[0, 2])
    >>> image = images(two)[0]
    >>> image.shape, image.max().item(), image.sum().item()
    ((40, 40), 0.75, 1.0)
    """
    made, kept = images_and_kept(jets, npix, width)
    if len(kept) and kept.min() < KEPT_MIN:
        worst = int(kept.argmin())
        found = f"jet {worst} with {kept[worst]:.0%} of its pT inside the image"
        raise InputError("E_WINDOW", found, f"at least {KEPT_MIN:.0%}", mend=f"width is {width:g}; make it wider")
    return made


def images_and_kept(jets: Jets, npix: int = NPIX, width: float | np.ndarray = WIDTH) -> tuple[np.ndarray, np.ndarray]:
    """Make images and tell what fraction of each jet's pT they hold.

    Parameters
    ----------
    jets, npix
        As in `images`.
    width : float or ndarray, shape (n,)
        Side of the image in rad, > 0, the same for all jets or of each its own.

    Returns
    -------
    images : ndarray, shape (n, npix, npix), float32
        Unit sum, or all zero where nothing of the jet is inside.
    kept : ndarray, shape (n,)
        Fraction of the jet's pT inside the image.

    Raises
    ------
    InputError
        ``E_INPUTS`` for something else than `Jets`, ``E_NPIX`` or ``E_WIDTH``.
    """
    if not isinstance(jets, Jets):
        raise InputError("E_INPUTS", f"{type(jets).__name__}", "Jets, such as load()['QCD']", where="jets")
    if isinstance(width, np.ndarray):
        if width.shape != (len(jets),) or not (np.isfinite(width) & (width > 0)).all():
            found = f"widths of shape {width.shape} from {np.min(width, initial=np.inf):g} rad"
            raise InputError("E_WIDTH", found, f"({len(jets)},) finite numbers > 0", where="width")
        _check_grid(npix, WIDTH)
    else:
        _check_grid(npix, width)
    out = np.zeros((len(jets), npix, npix), dtype=np.float32)
    kept = np.zeros(len(jets))
    widths = np.broadcast_to(np.asarray(width, dtype=np.float64), len(jets)).copy()
    _pixelate(jets.pt, jets.eta, jets.phi, jets.offsets, widths, out, kept)
    return out, kept


def remapped(images: np.ndarray, power: float) -> np.ndarray:
    r"""Raise pixels to a power and normalise again: :math:`x_i^\gamma / \sum_j x_j^\gamma`.

    A power below one makes faint pixels count, as proposed by Finke et al., arXiv:2104.09051.

    Parameters
    ----------
    images : ndarray, shape (n, npix, npix)
        Of unit sum.
    power : float
        :math:`\gamma` > 0; 1 leaves them as they are.

    Returns
    -------
    ndarray, shape (n, npix, npix)
        Of unit sum, of the same type.

    Raises
    ------
    InputError
        ``E_RANGE`` for a power that is not a number > 0.

    Examples
    --------
    >>> remapped(np.array([[[0.8, 0.2]]]), 0.5).round(3).tolist()
    [[[0.667, 0.333]]]
    """
    if not (isinstance(power, (int, float, np.number)) and np.isfinite(power) and power > 0):
        raise InputError("E_RANGE", f"a power of {power!r}", "a finite number > 0", where="power")
    if power == 1:
        return images
    raised = images ** images.dtype.type(power)
    return raised / raised.sum((1, 2), keepdims=True)


def pixel_centres(npix: int = NPIX, width: float = WIDTH) -> np.ndarray:
    """Coordinates of the pixel centres along one side, relative to the jet's centroid.

    Parameters
    ----------
    npix, width
        As in `images`.

    Returns
    -------
    ndarray, shape (npix,)
        rad; 0 at index ``npix // 2``.

    Examples
    --------
    >>> pixel_centres()[[0, 20, 39]].round(2).tolist()
    [-1.6, 0.0, 1.52]
    """
    _check_grid(npix, width)
    return (np.arange(npix) - npix // 2) * (width / npix)


def bright_pixels(images: np.ndarray, threshold: float = 0.01) -> Counted:
    """Count pixels that hold more than a fraction of the image's pT, as quoted in Fraser et al. (2021), section 2.

    Parameters
    ----------
    images : ndarray, shape (n, npix, npix)
        Of unit sum.
    threshold : float
        The fraction.

    Returns
    -------
    Counted
        Mean and standard deviation over the images.

    Raises
    ------
    InputError
        ``E_SHAPE`` for anything but a stack of at least one image.

    Examples
    --------
    >>> bright_pixels(np.full((1, 2, 2), 0.25))
    Counted(mean=4.0, std=0.0)
    """
    if np.ndim(images) != 3 or len(images) == 0:
        raise InputError("E_SHAPE", f"images of shape {np.shape(images)}", "(n, npix, npix) with n > 0")
    number = (np.asarray(images) > threshold).sum(axis=(1, 2))
    return Counted(float(number.mean()), float(number.std()))


def _check_grid(npix: int, width: float) -> None:
    if not isinstance(npix, (int, np.integer)) or isinstance(npix, bool) or not 1 <= npix <= 1000:
        raise InputError("E_NPIX", f"{npix!r} pixels a side", "a whole number from 1 to 1000", where="npix")
    if not isinstance(width, (int, float, np.number)) or not np.isfinite(width) or width <= 0:
        raise InputError("E_WIDTH", f"a width of {width!r} rad", "a finite number > 0", where="width")


@numba.njit(cache=True, nogil=True)
def _pixelate(
    pt: np.ndarray,
    eta: np.ndarray,
    phi: np.ndarray,
    offsets: np.ndarray,
    widths: np.ndarray,
    out: np.ndarray,
    kept: np.ndarray,
) -> None:
    npix = out.shape[1]
    longest = 0
    for n in range(len(offsets) - 1):
        longest = max(longest, offsets[n + 1] - offsets[n])
    x, y = np.empty(longest), np.empty(longest)
    for n in range(len(offsets) - 1):
        per_pixel = npix / widths[n]
        first, size = offsets[n], offsets[n + 1] - offsets[n]
        hardest = first  # phi is unwrapped towards the hardest constituent
        for k in range(first, first + size):
            if pt[k] > pt[hardest]:
                hardest = k
        total, mean_x, mean_y = 0.0, 0.0, 0.0
        for k in range(size):
            x[k] = eta[first + k]
            y[k] = (phi[first + k] - phi[hardest] + np.pi) % (2 * np.pi) - np.pi
            total += pt[first + k]
            mean_x += pt[first + k] * x[k]
            mean_y += pt[first + k] * y[k]
        xx, yy, xy = 0.0, 0.0, 0.0
        for k in range(size):
            x[k] -= mean_x / total
            y[k] -= mean_y / total
            xx += pt[first + k] * x[k] * x[k]
            yy += pt[first + k] * y[k] * y[k]
            xy += pt[first + k] * x[k] * y[k]

        theta = 0.5 * np.arctan2(2 * xy, xx - yy)  # 0 where all is at one place: there is no axis then
        cos, sin = np.cos(theta), np.sin(theta)
        right, up = 0.0, 0.0  # pT on the positive minus that on the negative side
        for k in range(size):
            x[k], y[k] = cos * y[k] - sin * x[k], cos * x[k] + sin * y[k]  # minor axis across, major axis up
            right += pt[first + k] if x[k] > 0 else (-pt[first + k] if x[k] < 0 else 0.0)
            up += pt[first + k] if y[k] > 0 else (-pt[first + k] if y[k] < 0 else 0.0)
        flip_x = -per_pixel if right < 0 else per_pixel
        flip_y = -per_pixel if up < 0 else per_pixel

        inside = 0.0
        for k in range(size):
            column = int(np.ceil(flip_x * x[k] - 0.5)) + npix // 2
            row = int(np.ceil(flip_y * y[k] - 0.5)) + npix // 2
            if 0 <= row < npix and 0 <= column < npix:
                out[n, row, column] += pt[first + k] / total  # of order one, whatever the unit of pt
                inside += pt[first + k] / total
        for row in range(npix if inside > 0 else 0):
            for column in range(npix):
                out[n, row, column] *= 1 / inside
        kept[n] = inside
