"""How is one batch of jets simulated? Pythia 8, detector response, anti-kT, window on the leading jet.

A batch is a pure function of (process, seed, batch number, settings, detector), so batches can be made in any order
and by any process.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from jetexplore.errors import InputError, choose
from jetexplore.jets.clustering import Events, leading_jets
from jetexplore.jets.constituents import Jets, concatenate, wrap
from jetexplore.jets.detector import ETA_MAX, Particles, respond
from jetexplore.jets.processes import COMMON, PROCESSES, Process

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import awkward as ak
    import pythia8mc

PARTICLE_PT_MIN = 1e-3  # GeV, without a detector; float16 of the native file could not hold much less
CHUNK = 50  # events in memory at a time; also how long an interruption waits, at most 3 s
SEEDS = 900_000_000  # Pythia takes seeds from 1 to this
NEUTRINOS = (12, 14, 16)


class Batch(NamedTuple):
    """The jets of one unit of work."""

    jets: Jets
    extra: dict[str, np.ndarray]  # one number a jet: sub_pt in GeV, truth_dr
    events: int  # generated


def generate_batch(
    process: str,
    seed: int,
    batch: int,
    settings: Sequence[str] = (),
    detector: bool = True,
    n_events: int | None = None,
) -> Batch:
    """Generate one batch: events through Pythia and the detector, the leading jets inside the window.

    Parameters
    ----------
    process : str
        A name in `PROCESSES`.
    seed : int
        Seed of the run, >= 0.
    batch : int
        Number of the batch, >= 0; each has its own random numbers.
    settings : sequence of str
        Further Pythia settings, such as ``"PartonLevel:MPI = off"``.
    detector : bool
        Whether particles pass the detector response. Without it, visible particles below 1 MeV are dropped.
    n_events : int, optional
        Events to generate; the process says by default.

    Returns
    -------
    Batch
        The jets, possibly none. ``extra["sub_pt"]`` is the pt in GeV of the event's second jet where only the
        first is kept; ``extra["truth_dr"]``, where a process has a truth particle, the distance in (eta, phi) of
        the jet axis from the nearest one.

    Raises
    ------
    InputError
        ``E_PROCESS``, ``E_SEED`` or ``E_SETTING``.

    Examples
    --------
    >>> batch = generate_batch("W", seed=1, batch=0, settings=("PartonLevel:MPI = off",), n_events=20)
    >>> batch.events, len(batch.jets) == len(batch.extra["sub_pt"])
    (20, True)
    """
    recipe = PROCESSES[choose("process", process, PROCESSES, "E_PROCESS")]
    parts, events = [], 0
    for record, seeds in _records(process, seed, batch, settings, n_events):
        parts.append(_select(record, recipe, _response(record, detector, seeds)))
        events += len(record)
    extra = {name: np.concatenate([part[1][name] for part in parts]) for name in parts[0][1]}
    return Batch(concatenate([part[0] for part in parts]), extra, events)


def generate_events(
    process: str,
    seed: int,
    batch: int,
    settings: Sequence[str] = (),
    detector: bool = True,
    n_events: int | None = None,
) -> Batch:
    """Generate one batch of whole events whose leading jet is inside the window: the LHC Olympics' trigger.

    The same events as those of `generate_batch`, with all particles, those outside the jets too.

    Parameters
    ----------
    process, seed, batch, settings, detector, n_events
        As for `generate_batch`.

    Returns
    -------
    Batch
        ``jets`` holds one row of particles an event, in no order; there is no ``extra``.

    Raises
    ------
    InputError
        ``E_PROCESS``, ``E_SEED`` or ``E_SETTING``.

    Examples
    --------
    >>> batch = generate_events("LHCO-signal", seed=1, batch=0, settings=("PartonLevel:MPI = off",), n_events=20)
    >>> batch.events, 0 < len(batch.jets) <= 20
    (20, True)
    """
    recipe = PROCESSES[choose("process", process, PROCESSES, "E_PROCESS")]
    low, high = recipe.window
    parts, events = [], 0
    for record, seeds in _records(process, seed, batch, settings, n_events):
        particles = _response(record, detector, seeds)
        found = leading_jets(particles, 1)
        pt = found.jets.momenta().pt
        parts.append(Jets(*particles)[found.event[(pt > low) & (pt <= high)]])
        events += len(record)
    return Batch(concatenate(parts), {}, events)


def _records(
    process: str, seed: int, batch: int, settings: Sequence[str], n_events: int | None
) -> Iterator[tuple[ak.Array, np.ndarray]]:
    """Yield Pythia's event records of one batch, `CHUNK` at a time, with a detector seed for each event."""
    check_seed(seed)
    n_events = PROCESSES[process].events_per_batch if n_events is None else n_events
    random = np.random.SeedSequence(seed, spawn_key=(zlib.crc32(process.encode()), batch)).generate_state(1 + n_events)
    pythia = prepare(process, (*settings, "Random:setSeed = on", f"Random:seed = {1 + int(random[0]) % SEEDS}"))
    events = 0
    for start in range(0, n_events, CHUNK):
        record = pythia.nextBatch(min(CHUNK, n_events - start), errorMode="skip")
        yield record, random[1 + events : 1 + events + len(record)]
        events += len(record)


def prepare(process: str, settings: Sequence[str] = ()) -> pythia8mc.Pythia:
    """Start Pythia for a process, checking every setting.

    Parameters
    ----------
    process : str
        A name in `PROCESSES`.
    settings : sequence of str
        Further settings, read after those of the process.

    Returns
    -------
    pythia8mc.Pythia
        Ready to generate.

    Raises
    ------
    InputError
        ``E_SETTING`` if Pythia does not know a setting or cannot start with them.
    """
    try:
        import pythia8mc
    except ModuleNotFoundError as error:
        mend = "pip install -e '.[generate]' -c constraints.txt"
        raise InputError("E_PACKAGE", "no package pythia8mc", "an installed Pythia 8", mend=mend) from error

    pythia = pythia8mc.Pythia("", False)
    for setting in (*COMMON, *PROCESSES[process].settings, *settings):
        if not setting.strip() or not pythia.readString(setting, False):  # Pythia passes over an empty one
            raise InputError("E_SETTING", f"{setting!r}", "a setting that Pythia knows, 'Name:key = value'")
    if not pythia.init():
        found = f"settings with which Pythia cannot start: {', '.join(settings) or 'none'}"
        raise InputError("E_SETTING", found, "settings that make sense together")
    return pythia


def check_seed(seed: int) -> None:
    """Raise unless ``seed`` is a whole number that a generator takes.

    Parameters
    ----------
    seed : int
        The seed, >= 0.

    Raises
    ------
    InputError
        ``E_SEED``.
    """
    if not isinstance(seed, int | np.integer) or isinstance(seed, bool) or seed < 0:
        raise InputError("E_SEED", f"{seed!r}", "a whole number >= 0", where="seed")


def _response(record: ak.Array, detector: bool, seeds: np.ndarray) -> Events:
    particles = visible(record)
    return respond(particles, seeds) if detector else _above(particles, PARTICLE_PT_MIN)


def _select(record: ak.Array, recipe: Process, events: Events) -> tuple[Jets, dict[str, np.ndarray]]:
    """Take the leading jets inside the window from generated events."""
    found = leading_jets(events, recipe.n_leading)
    axis = found.jets.momenta()
    low, high = recipe.window
    leading_pt = np.repeat(axis.pt[:: recipe.n_leading], recipe.n_leading)
    kept = (leading_pt > low) & (leading_pt <= high)
    extra = {"sub_pt": found.sub_pt[kept]} if recipe.n_leading == 1 else {}
    if recipe.truth:
        distance = _distance_to_truth(record, recipe.truth, found.event, axis.eta, axis.phi)
        extra["truth_dr"] = distance[kept]
    return found.jets[kept], extra


def visible(record: ak.Array) -> Particles:
    """Take the visible final particles with |eta| < 5 from Pythia's event records.

    Parameters
    ----------
    record : awkward.Array
        What ``nextBatch`` gives.

    Returns
    -------
    Particles
        pt and energy in GeV, phi in rad.
    """
    import awkward as ak

    flat = ak.flatten(record.prt)
    px, py, pz, energy = (ak.to_numpy(flat.p[name]) for name in ("px", "py", "pz", "e"))
    pdg, status = ak.to_numpy(flat.id), ak.to_numpy(flat.status)
    pt = np.hypot(px, py)
    with np.errstate(divide="ignore", invalid="ignore"):  # the beams have no pt; they are not visible
        eta = np.arcsinh(pz / pt)
    seen = (status > 0) & (pt > 0) & ~np.isin(np.abs(pdg), NEUTRINOS) & (np.abs(eta) < ETA_MAX)
    offsets = _offsets(np.concatenate([[0], np.cumsum(ak.to_numpy(ak.num(record.prt)))]), seen)
    return Particles(pt[seen], eta[seen], np.arctan2(py, px)[seen], energy[seen], pdg[seen], offsets)


def _above(particles: Particles, pt_min: float) -> Events:
    kept = particles.pt > pt_min
    return Events(*(values[kept] for values in particles[:3]), _offsets(particles.offsets, kept))


def _offsets(offsets: np.ndarray, kept: np.ndarray) -> np.ndarray:
    """Offsets of what is left when only ``kept`` entries stay."""
    return np.concatenate([[0], np.cumsum(kept)])[offsets]


def _distance_to_truth(record: ak.Array, pdg: int, event: np.ndarray, eta: np.ndarray, phi: np.ndarray) -> np.ndarray:
    """Distance in (eta, phi) of each jet axis from the nearest last copy of a particle or its antiparticle."""
    import awkward as ak

    nearest = np.full(len(event), np.inf)
    for sign in (1, -1):
        copies = record.prt[record.prt.id == sign * pdg].p
        last = ak.firsts(copies[:, ::-1])[event]
        px, py, pz = (ak.to_numpy(ak.fill_none(last[name], np.nan)) for name in ("px", "py", "pz"))
        distance = np.hypot(np.arcsinh(pz / np.hypot(px, py)) - eta, wrap(np.arctan2(py, px) - phi))
        nearest = np.fmin(nearest, distance)  # NaN where the event has none of this sign
    return nearest
