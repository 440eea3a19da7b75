"""What is a jet? A ragged list of massless constituents (pt, eta, phi); here is its container."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from jetexplore.errors import InputError

if TYPE_CHECKING:
    import awkward as ak

ETA_MAX = 10.0  # beyond this a constituent is along the beam to rounding
PT_LEAST = 1e-30  # GeV; of less, squares and their inverses leave the range of floating-point numbers
PT_MAX = 1e6  # GeV; more than any collider gives, so a sign of other units or of damage


class Momenta(NamedTuple):
    """Momenta of whole jets, the sum of their massless constituents."""

    pt: np.ndarray  # (n,) GeV
    eta: np.ndarray  # (n,)
    phi: np.ndarray  # (n,) rad, in [-pi, pi]
    mass: np.ndarray  # (n,) GeV


@dataclass(frozen=True, eq=False)
class Jets:
    """Jets as flat arrays of constituents, jet ``i`` at ``offsets[i]:offsets[i + 1]``.

    Constituents are massless, as in Fraser et al. (2021), section 2. Indexing with an integer, a slice,
    a mask or an index array gives `Jets` again.

    Parameters
    ----------
    pt : array_like, shape (n_constituents,)
        Transverse momenta in GeV, > 0.
    eta : array_like, shape (n_constituents,)
        Pseudorapidities, at most 10 in magnitude.
    phi : array_like, shape (n_constituents,)
        Azimuths in rad, any branch.
    offsets : array_like of int, shape (n + 1,)
        Start of each jet, from 0 to ``n_constituents``, without a jet of no constituents.

    Raises
    ------
    InputError
        ``E_LENGTH``, ``E_OFFSETS``, ``E_EMPTY``, ``E_NONFINITE``, ``E_RANGE_PT`` or ``E_RANGE_ETA``.

    Examples
    --------
    >>> jets = Jets(pt=[300.0, 200.0, 600.0], eta=[0.0, 0.1, 1.0], phi=[3.1, -3.1, 0.0], offsets=[0, 2, 3])
    >>> len(jets), jets.counts.tolist()
    (2, [2, 1])
    >>> jets[0].pt.tolist()
    [300.0, 200.0]
    """

    pt: np.ndarray
    eta: np.ndarray
    phi: np.ndarray
    offsets: np.ndarray

    def __post_init__(self) -> None:
        """Convert to float64 and int64, then check."""
        for name, dtype in (("pt", np.float64), ("eta", np.float64), ("phi", np.float64), ("offsets", np.int64)):
            object.__setattr__(self, name, _numbers(name, getattr(self, name), dtype))
        _check(self)

    def __len__(self) -> int:
        """Count the jets."""
        return len(self.offsets) - 1

    def __getitem__(self, index: int | slice | np.ndarray | list) -> Jets:
        """Select jets; always gives `Jets`."""
        if isinstance(index, list):
            index = np.asarray(index, dtype=None if index else int)
        rows = np.atleast_1d(np.arange(len(self))[index])
        counts = self.counts[rows]
        offsets = np.concatenate([[0], np.cumsum(counts)])
        take = np.repeat(self.offsets[rows] - offsets[:-1], counts) + np.arange(offsets[-1])
        return Jets(self.pt[take], self.eta[take], self.phi[take], offsets)

    @property
    def counts(self) -> np.ndarray:
        """Number of constituents of each jet, shape (n,)."""
        return np.diff(self.offsets)

    @property
    def jet(self) -> np.ndarray:
        """Index of the jet each constituent belongs to, shape (n_constituents,)."""
        return np.repeat(np.arange(len(self)), self.counts)

    def momenta(self) -> Momenta:
        """Sum the constituents of each jet.

        Returns
        -------
        Momenta
            pt and mass in GeV, eta, phi in rad, each of shape (n,).

        Examples
        --------
        >>> pair = Jets(pt=[50.0, 50.0], eta=[0.0, 0.0], phi=[0.0, np.pi / 2], offsets=[0, 2])
        >>> pair.momenta().mass.round(6).tolist()  # sqrt(2 pt1 pt2 (cosh(0) - cos(pi/2)))
        [70.710678]
        """
        px, py, pz, energy = (
            np.add.reduceat(component, self.offsets[:-1]) if len(self) else np.zeros(0)
            for component in (
                self.pt * np.cos(self.phi),
                self.pt * np.sin(self.phi),
                self.pt * np.sinh(self.eta),
                self.pt * np.cosh(self.eta),
            )
        )
        pt = np.hypot(px, py)
        mass = np.sqrt(np.maximum((energy - pz) * (energy + pz) - pt**2, 0.0))
        with np.errstate(divide="ignore", invalid="ignore"):  # exactly opposite constituents have no eta
            eta = np.arcsinh(pz / pt)
        return Momenta(pt, eta, np.arctan2(py, px), mass)

    def to_awkward(self) -> ak.Array:
        """Give an awkward array of ``Momentum4D`` records (pt, eta, phi, mass = 0), for vector and fastjet.

        Returns
        -------
        awkward.Array
            One list of constituents a jet.
        """
        import awkward as ak
        import vector

        vector.register_awkward()
        flat = ak.zip(
            {"pt": self.pt, "eta": self.eta, "phi": self.phi, "mass": np.zeros_like(self.pt)}, with_name="Momentum4D"
        )
        return ak.unflatten(flat, self.counts)

    @classmethod
    def from_awkward(cls, array: ak.Array) -> Jets:
        """Take any awkward array of momentum records, one list of constituents a jet.

        Parameters
        ----------
        array : awkward.Array
            Records that vector understands as momenta (pt, eta, phi or px, py, pz); masses are dropped.

        Returns
        -------
        Jets
            The same constituents, massless.
        """
        import awkward as ak
        import vector

        vector.register_awkward()
        massive = {"E", "e", "energy", "t", "M", "m", "mass", "tau"} & set(ak.fields(array))
        momenta = ak.with_name(array, "Momentum4D" if massive else "Momentum3D")
        flat = ak.flatten(momenta)
        offsets = np.concatenate([[0], np.cumsum(ak.to_numpy(ak.num(momenta)))])
        return cls(ak.to_numpy(flat.pt), ak.to_numpy(flat.eta), ak.to_numpy(flat.phi), offsets)


def concatenate(parts: list[Jets]) -> Jets:
    """Join several `Jets` into one, in order.

    Parameters
    ----------
    parts : list of Jets
        At least one.

    Returns
    -------
    Jets
        All jets.

    Raises
    ------
    InputError
        ``E_EMPTY`` if there is nothing to join, ``E_INPUTS`` if something else than `Jets` is among it.

    Examples
    --------
    >>> one = Jets([1.0], [0.0], [0.0], [0, 1])
    >>> len(concatenate([one, one, one]))
    3
    """
    if len(parts) == 0:
        raise InputError("E_EMPTY", "nothing to join", "at least one Jets")
    for number, part in enumerate(parts):
        if not isinstance(part, Jets):
            raise InputError("E_INPUTS", f"{type(part).__name__}", "Jets", where=f"part {number}")
    counts = np.concatenate([part.counts for part in parts])
    flat = [np.concatenate([getattr(part, name) for part in parts]) for name in ("pt", "eta", "phi")]
    return Jets(*flat, offsets=np.concatenate([[0], np.cumsum(counts)]))


def wrap(phi: np.ndarray) -> np.ndarray:
    """Bring angles to [-pi, pi).

    Parameters
    ----------
    phi : ndarray
        Angles in rad.

    Returns
    -------
    ndarray
        The same angles on one branch.

    Examples
    --------
    >>> wrap(np.array([3 * np.pi / 2])).round(6).tolist()
    [-1.570796]
    """
    return (phi + np.pi) % (2 * np.pi) - np.pi


def _numbers(name: str, values: object, dtype: type) -> np.ndarray:
    array = np.asarray(values)
    if array.dtype.kind not in "iuf" or array.ndim != 1:
        found = f"{array.ndim} dimensions of {array.dtype}"
        raise InputError("E_DTYPE", found, "one dimension of real numbers", where=name)
    if name == "offsets" and array.dtype.kind == "f":
        raise InputError("E_DTYPE", f"{array.dtype}", "whole numbers", where=name)
    return np.ascontiguousarray(array, dtype=dtype)


def _check(jets: Jets) -> None:
    pt, eta, phi, offsets = jets.pt, jets.eta, jets.phi, jets.offsets
    if not len(pt) == len(eta) == len(phi):
        raise InputError("E_LENGTH", f"{len(pt)} pt, {len(eta)} eta, {len(phi)} phi", "equal numbers")
    if len(offsets) == 0 or offsets[0] != 0 or offsets[-1] != len(pt) or np.any(np.diff(offsets) < 0):
        found = f"offsets {offsets[:3].tolist()}...{offsets[-1:].tolist()} for {len(pt)} constituents"
        raise InputError("E_OFFSETS", found, "rising from 0 to the number of constituents")
    if np.any(np.diff(offsets) == 0):
        empty = np.flatnonzero(np.diff(offsets) == 0)
        raise InputError("E_EMPTY", f"no constituents in {_rows(empty)}", "at least one constituent a jet")
    for name, values in (("pt", pt), ("eta", eta), ("phi", phi)):
        bad = ~np.isfinite(values)
        if bad.any():
            found = f"{int(bad.sum())} not finite, in {_rows(_jets_of(offsets, bad))}"
            raise InputError("E_NONFINITE", found, "finite numbers", where=name)
    bad = (pt <= 0) | (pt > PT_MAX)
    if bad.any():
        found = f"{pt[bad][0]:g} GeV in {_rows(_jets_of(offsets, bad))}"
        raise InputError("E_RANGE_PT", found, f"0 < pt <= {PT_MAX:g} GeV", where="pt")
    bad = np.abs(eta) > ETA_MAX
    if bad.any():
        found = f"{eta[bad][0]:g} in {_rows(_jets_of(offsets, bad))}"
        raise InputError("E_RANGE_ETA", found, f"|eta| <= {ETA_MAX:g}", where="eta")


def _jets_of(offsets: np.ndarray, bad: np.ndarray) -> np.ndarray:
    return np.unique(np.searchsorted(offsets, np.flatnonzero(bad), side="right") - 1)


def _rows(rows: np.ndarray) -> str:
    named = ", ".join(map(str, rows[:5].tolist()))
    more = f" and {len(rows) - 5} more" if len(rows) > 5 else ""
    return f"jet{'s' if len(rows) > 1 else ''} {named}{more}"
