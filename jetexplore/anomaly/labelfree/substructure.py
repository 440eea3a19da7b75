"""What is inside a jet? The field's substructure observables, all at once and kept.

N-subjettiness, energy correlation functions, soft drop and kT splittings are those of fastjet and its contributed
packages. Every jet is moved to its centroid first: the observables know differences only, and those keep all their
digits there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from jetexplore.anomaly.labelfree.isotropy import isotropy
from jetexplore.errors import InputError, choose
from jetexplore.files import digest, stored
from jetexplore.jets import Jets, aligned
from jetexplore.jets.clustering import RADIUS, silence_banner

if TYPE_CHECKING:
    import fastjet

VERSION = 1  # of what is stored
KEPT_FROM = 1000  # jets from which on it is worth a file
WHOLE = 100.0  # rad; a radius within which every jet clusters into one
SOFT_DROP = 0.1  # z_cut, with beta = 0
NOTHING = 1e-9  # of correlators and N-subjettiness: an angle of zero to rounding


class Group(NamedTuple):
    """Observables that come out of one computation."""

    names: tuple[str, ...]
    compute: Callable[[Jets], Mapping[str, np.ndarray]]


def observables(jets: Jets, names: Iterable[str] | None = None) -> dict[str, np.ndarray]:
    r"""Compute substructure observables of jets.

    ======================  ============================================================================================
    mass, m/pT              of the sum of the constituents, GeV; over its pT
    multiplicity            constituents
    ptD                     :math:`\sqrt{\sum p_T^2} / \sum p_T`
    width                   :math:`\sum p_T \Delta R / \sum p_T` from the pT-weighted centroid, rad
    tau1 ... tau4           N-subjettiness, Thaler and Van Tilburg (arXiv:1011.2268), beta = 1, R0 = 1, winner-take-all
                            kT axes
    tau21, tau32, tau43     their ratios
    e2, e3, D2              energy correlation functions with beta = 1 (Larkoski, Salam, Thaler, arXiv:1305.0007) and
                            :math:`e_3 / e_2^3` (Larkoski, Moult, Neill, arXiv:1409.6298)
    C2                      :math:`e_3 / e_2^2` (arXiv:1305.0007)
    N2                      :math:`{}_2e_3 / ({}_1e_2)^2` (Moult, Necib, Thaler, arXiv:1609.07483)
    soft-drop mass, msd/pT  after soft drop with beta = 0, z_cut = 0.1 (Larkoski et al., arXiv:1402.2657), GeV; over the
                            pT of the whole jet
    kT1, kT2, kT3           :math:`\sqrt{d_{k,k+1}} / p_T` of the last, second and third but last kT merging
    isotropy                `isotropy`
    ======================  ============================================================================================

    A ratio whose denominator is zero, as for a jet of one constituent, is 0.

    Parameters
    ----------
    jets : Jets
        Jets.
    names : iterable of str, optional
        Which ones; all if omitted. Only what they need is computed. From 1,000 jets on it is kept in the user's cache.

    Returns
    -------
    dict of str to ndarray, shape (n,)
        In the order asked for.

    Raises
    ------
    InputError
        ``E_INPUTS`` for something else than jets, ``E_OBSERVABLE`` for an unknown name.

    Examples
    --------
    >>> two = Jets(pt=[300.0, 300.0], eta=[0.0, 0.2], phi=[0.0, 0.0], offsets=[0, 2])
    >>> {name: value.round(3).tolist() for name, value in observables(two, ["tau1", "tau2", "e2", "D2"]).items()}
    {'tau1': [0.1], 'tau2': [0.0], 'e2': [0.05], 'D2': [0.0]}
    """
    if not isinstance(jets, Jets):
        raise InputError("E_INPUTS", f"{type(jets).__name__}", "Jets, such as load()['QCD']", where="jets")
    wanted = list(OBSERVABLES if names is None else names)
    for name in wanted:
        choose("observable", name, OBSERVABLES, "E_OBSERVABLE")
    if not len(jets):
        return {name: np.zeros(0) for name in wanted}
    key = digest(VERSION, jets.pt, jets.eta, jets.phi, jets.offsets) if len(jets) >= KEPT_FROM else None
    found: dict[str, np.ndarray] = {}
    for title in dict.fromkeys(OBSERVABLES[name] for name in wanted):
        compute = GROUPS[title].compute
        if key is None:
            found |= compute(jets)
        else:
            found |= stored(f"substructure-{title}-{key}", key, lambda compute=compute: compute(jets))
    return {name: found[name] for name in wanted}


def table(jets: Jets, names: Iterable[str]) -> np.ndarray:
    """Give observables as columns.

    Parameters
    ----------
    jets : Jets
        Jets.
    names : iterable of str
        As in `observables`.

    Returns
    -------
    ndarray, shape (n, len(names))
        One row a jet.

    Examples
    --------
    >>> table(Jets([3.0, 1.0], [0.0, 0.1], [0.0, 0.0], [0, 2]), ["multiplicity", "ptD"]).round(3).tolist()
    [[2.0, 0.791]]
    """
    return np.stack(list(observables(jets, names).values()), axis=1)


def _clustered(jets: Jets, algorithm: str, recombination: str = "E_scheme") -> fastjet.ClusterSequence:
    import awkward as ak
    import fastjet
    import vector

    vector.register_awkward()
    silence_banner()
    some = aligned(jets, "centred")
    flat = ak.zip(
        {
            "px": some.pt * np.cos(some.phi),
            "py": some.pt * np.sin(some.phi),
            "pz": some.pt * np.sinh(some.eta),
            "E": some.pt * np.cosh(some.eta),
        },
        with_name="Momentum4D",
    )
    definition = fastjet.JetDefinition(getattr(fastjet, algorithm), WHOLE, getattr(fastjet, recombination))
    return fastjet.ClusterSequence(ak.unflatten(flat, some.counts), definition)


def _ratio(above: np.ndarray, below: np.ndarray, power: int = 1) -> np.ndarray:
    safe = below > NOTHING
    return np.where(safe, above, 0.0) / np.where(safe, below, 1.0) ** power


def _counts(jets: Jets) -> dict[str, np.ndarray]:
    momenta, first = jets.momenta(), jets.offsets[:-1]
    total = np.add.reduceat(jets.pt, first)
    centred = aligned(jets, "centred")
    return {
        "mass": momenta.mass,
        "m/pT": momenta.mass / momenta.pt,
        "multiplicity": jets.counts.astype(np.float64),
        "ptD": np.sqrt(np.add.reduceat(jets.pt**2, first)) / total,
        "width": np.add.reduceat(jets.pt * np.hypot(centred.eta, centred.phi), first) / total,
    }


def _subjettiness(jets: Jets) -> dict[str, np.ndarray]:
    import awkward as ak

    sequence = _clustered(jets, "kt_algorithm")
    found = sequence.njettiness(
        measure_definition="NormalizedMeasure", axes_definition="WTA_KT_Axes", njets=[1, 2, 3, 4], beta=1.0, R0=RADIUS
    )
    tau = ak.to_numpy(found).T
    ratios = {f"tau{n + 1}{n}": _ratio(tau[n], tau[n - 1]) for n in (1, 2, 3)}
    return {f"tau{n + 1}": tau[n] for n in range(4)} | ratios


def _correlators(jets: Jets) -> dict[str, np.ndarray]:
    sequence = _clustered(jets, "cambridge_algorithm")

    def correlator(points: int, angles: int) -> np.ndarray:
        return np.asarray(
            sequence.exclusive_jets_energy_correlator(1, 1.0, points, angles, func="generalized", normalized=True)
        )

    e2, e3, smallest = correlator(2, 1), correlator(3, 3), correlator(3, 2)
    return {
        "e2": e2,
        "e3": e3,
        "D2": _ratio(e3, e2, 3),
        "C2": _ratio(e3, e2, 2),
        "N2": _ratio(smallest, e2, 2),
    }


def _groomed(jets: Jets) -> dict[str, np.ndarray]:
    sequence = _clustered(jets, "cambridge_algorithm")
    found = sequence.exclusive_jets_softdrop_grooming(1, beta=0.0, symmetry_cut=SOFT_DROP, R0=RADIUS)
    pt = jets.momenta().pt
    mass = np.asarray(found.msoftdrop, dtype=np.float64)
    mass = np.where(mass > 1e-6 * pt, mass, 0.0)  # of a single direction only rounding is left
    return {"soft-drop mass": mass, "msd/pT": mass / pt}


def _splittings(jets: Jets) -> dict[str, np.ndarray]:
    sequence = _clustered(jets, "kt_algorithm")
    pt = jets.momenta().pt
    # fastjet gives d from n + 1 to n jets, in units of the radius it clustered with
    scales = {n: WHOLE * np.sqrt(np.asarray(sequence.exclusive_dmerge(n), dtype=np.float64)) for n in (1, 2, 3)}
    return {f"kT{n}": np.where(jets.counts > n, scale, 0.0) / pt for n, scale in scales.items()}


GROUPS: dict[str, Group] = {
    "counts": Group(("mass", "m/pT", "multiplicity", "ptD", "width"), _counts),
    "subjettiness": Group(("tau1", "tau2", "tau3", "tau4", "tau21", "tau32", "tau43"), _subjettiness),
    "correlators": Group(("e2", "e3", "D2", "C2", "N2"), _correlators),
    "groomed": Group(("soft-drop mass", "msd/pT"), _groomed),
    "splittings": Group(("kT1", "kT2", "kT3"), _splittings),
    "isotropy": Group(("isotropy",), lambda jets: {"isotropy": isotropy(jets)}),
}
OBSERVABLES: dict[str, str] = {name: title for title, group in GROUPS.items() for name in group.names}  # to their group
