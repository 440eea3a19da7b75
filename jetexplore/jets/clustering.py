"""Which jets are in an event? Anti-kT with R = 1.0, as in section 2 of Fraser et al. (2021)."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from jetexplore.errors import InputError
from jetexplore.jets.constituents import Jets

if TYPE_CHECKING:
    import awkward as ak

RADIUS = 1.0  # both papers
PT_MIN = 20.0  # GeV; softer jets than this are never asked for


class Events(NamedTuple):
    """Massless particles of whole events, ragged like `Jets`; an event may be empty."""

    pt: np.ndarray  # (n_particles,) GeV
    eta: np.ndarray  # (n_particles,)
    phi: np.ndarray  # (n_particles,) rad
    offsets: np.ndarray  # (n_events + 1,)


class Leading(NamedTuple):
    """The hardest jets of the events that have enough of them."""

    jets: Jets  # those of one event in consecutive rows, hardest first
    event: np.ndarray  # (n_jets,) row of the event each jet is from
    sub_pt: np.ndarray  # (n_jets,) GeV, pt of the second jet of that event, 0 where there is none


def leading_jets(events: Events | Jets, n_leading: int = 1, radius: float = RADIUS, pt_min: float = PT_MIN) -> Leading:
    """Cluster events with anti-kT and give the leading jets of each.

    Particles are read as massless; constituents come out in order of falling pt. Events with fewer than
    ``n_leading`` jets are left out.

    Parameters
    ----------
    events : Events or Jets
        The particles; ``pt`` in GeV, ``phi`` in rad.
    n_leading : int
        Jets to give of each event, >= 1.
    radius : float
        The jet radius R, > 0.
    pt_min : float
        Smallest pt of a jet in GeV, > 0.

    Returns
    -------
    Leading
        The jets, the event of each, and the pt of the event's second jet.

    Raises
    ------
    InputError
        ``E_RANGE`` for a count, radius or pt out of range; ``E_NONFINITE`` or ``E_RANGE_PT`` for particles
        that have no direction.

    Examples
    --------
    >>> two = Events(*map(np.array, ([50.0, 30.0, 60.0], [0.0, 0.1, 0.0], [0.0, 0.1, 3.0], [0, 3])))
    >>> found = leading_jets(two)
    >>> found.jets.pt.tolist(), found.sub_pt.tolist()
    ([50.0, 30.0], [60.0])
    """
    _check(events, n_leading, radius, pt_min)
    import awkward as ak

    pt, members = _clustered(events, radius, pt_min)
    order = ak.argsort(pt, ascending=False)
    enough = ak.num(pt) >= n_leading
    sub_pt = ak.fill_none(ak.pad_none(pt[order], 2)[:, 1], 0.0)[enough]
    chosen = members[order][enough][:, :n_leading]
    event = np.repeat(np.flatnonzero(ak.to_numpy(enough)), n_leading)
    counts = ak.to_numpy(ak.num(ak.flatten(chosen)))
    rows = np.repeat(events.offsets[event], counts) + ak.to_numpy(ak.flatten(chosen, axis=None))
    jets = _sorted(events, rows.astype(np.int64), counts)
    return Leading(jets, event, np.repeat(ak.to_numpy(sub_pt), n_leading))


def dijet_mass(jets: Jets) -> np.ndarray:
    """Invariant mass of each two consecutive jets, m_jj of the LHC Olympics search.

    m_jj^2 = (E_1 + E_2)^2 - (p_1 + p_2)^2, section 4 of Tsan et al. (2021).

    Parameters
    ----------
    jets : Jets
        Jets 2 i and 2 i + 1 are of event i.

    Returns
    -------
    ndarray, shape (n_events,)
        Masses in GeV.

    Raises
    ------
    InputError
        ``E_PAIRS`` if the number of jets is odd.

    Examples
    --------
    >>> back_to_back = Jets(pt=[1750.0, 1750.0], eta=[0.0, 0.0], phi=[0.0, np.pi], offsets=[0, 1, 2])
    >>> dijet_mass(back_to_back).round(6).tolist()
    [3500.0]
    """
    if len(jets) % 2:
        raise InputError("E_PAIRS", f"{len(jets)} jets", "two consecutive jets an event")
    if len(jets) == 0:
        return np.zeros(0)
    return Jets(jets.pt, jets.eta, jets.phi, jets.offsets[::2]).momenta().mass


def _check(events: Events | Jets, n_leading: int, radius: float, pt_min: float) -> None:
    for name, value, lowest in (("n_leading", n_leading, 1), ("radius", radius, 1e-6), ("pt_min", pt_min, 1e-6)):
        if not lowest <= value < np.inf:
            raise InputError("E_RANGE", f"{value!r}", f"at least {lowest:g}", where=name)
    for name in ("pt", "eta", "phi"):
        if not np.isfinite(getattr(events, name)).all():
            raise InputError("E_NONFINITE", "values that are not finite", "finite numbers", where=name)
    if np.any(events.pt <= 0):
        raise InputError("E_RANGE_PT", f"{events.pt.min():g} GeV", "pt > 0", where="pt")


def _clustered(events: Events | Jets, radius: float, pt_min: float) -> tuple[ak.Array, ak.Array]:
    """Give the pt of the jets of each event and the particles in each, counted within the event."""
    import awkward as ak
    import fastjet
    import vector

    vector.register_awkward()
    silence_banner()
    flat = ak.zip(
        {
            "px": events.pt * np.cos(events.phi),
            "py": events.pt * np.sin(events.phi),
            "pz": events.pt * np.sinh(events.eta),
            "E": events.pt * np.cosh(events.eta),
        },
        with_name="Momentum4D",
    )
    definition = fastjet.JetDefinition(fastjet.antikt_algorithm, radius)
    sequence = fastjet.ClusterSequence(ak.unflatten(flat, np.diff(events.offsets)), definition)
    jets = sequence.inclusive_jets(min_pt=pt_min)
    return np.hypot(jets.px, jets.py), sequence.constituent_index(min_pt=pt_min)


def silence_banner() -> None:
    """Keep fastjet from printing its banner at the first clustering."""
    # it goes to the C library's stdout, which would break output
    # that a program reads; a null stream is its own way to say "none", so no descriptor needs redirecting.
    with contextlib.suppress(ImportError, AttributeError):
        from fastjet import _swig

        _swig.ClusterSequence.set_fastjet_banner_stream(None)


def _sorted(events: Events | Jets, rows: np.ndarray, counts: np.ndarray) -> Jets:
    """Take the particles ``rows`` as jets of ``counts`` constituents, hardest first."""
    jet = np.repeat(np.arange(len(counts)), counts)
    rows = rows[np.lexsort((-events.pt[rows], jet))]
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    return Jets(events.pt[rows], events.eta[rows], events.phi[rows], offsets)
