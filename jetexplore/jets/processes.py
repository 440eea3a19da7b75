"""What is simulated? Hard processes as data: Pythia 8 settings and the window of jets that is kept.

The samples follow section 2 of Fraser et al. (2021) and section 4 of Tsan et al. (2021).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Process(NamedTuple):
    """A hard process and the jets that are kept of it."""

    description: str
    settings: tuple[str, ...]  # Pythia's own strings, in an order that matters
    window: tuple[float, float]  # GeV, pt of the leading jet: above the first, at most the second
    is_signal: bool
    n_leading: int = 1  # jets kept of an event, in consecutive rows
    truth: int = 0  # PDG identity of the particle that a jet should be, 0 for none
    events_per_batch: int = 1000


COMMON = ("Print:quiet = on", "Print:verbosity = 0", "Beams:eCM = 13000.")
WINDOW = (550.0, 650.0)  # the selection of the authors of the original samples
HARD = (1200.0, np.inf)  # the LHC Olympics' trigger
W_PRIME = (
    "NewGaugeBoson:ffbar2Wprime = on",
    "Wprime:coup2WZ = 1.0",
    "34:m0 = 1300.",
    "34:mWidth = 12.",
    "34:doForceWidth = on",
    "34:onMode = off",
    "34:onIfAll = 24 23",
    "24:onMode = off",
    "24:onIfAny = 1 2 3 4 5",
    "23:onMode = off",
)

DEVELOPMENT = (
    # a narrow W' stands for any resonance; its two decay products are made here and must be known before it
    "NewGaugeBoson:ffbar2Wprime = on",
    "34:m0 = 1350.",
    "34:mWidth = 12.",
    "34:doForceWidth = on",
    "34:mMin = 1100.",
    "34:mMax = 1700.",
)
DECAY = ("34:addChannel = 1 0.001 100 9000001 9000002", "34:onMode = off", "34:onIfAny = 9000001")


def _resonance(
    number: int, names: str, spin: int, charge: int, mass: float, width: float, half: float, to: str
) -> tuple:
    """Write a new resonance that always decays to the given particles, within ``half`` of its mass."""
    return (
        f"{number}:new = {names} {spin} {charge} 0 {mass:g} {width:g} {mass - half:g} {mass + half:g} 0.",
        f"{number}:isResonance = true",
        f"{number}:oneChannel = 1 1.0 100 {to}",
        f"{number}:doForceWidth = on",
    )


def _dijet_resonance(mass: float, width: float, half: float, heavier: float, lighter: float) -> tuple:
    """Write W' -> X Y, X -> qq, Y -> qq; both new particles must be known before the W' can decay to them."""
    return (
        "NewGaugeBoson:ffbar2Wprime = on",
        f"34:m0 = {mass:g}.",
        f"34:mWidth = {width:g}.",
        "34:doForceWidth = on",
        f"34:mMin = {mass - half:g}.",
        f"34:mMax = {mass + half:g}.",
        f"9000001:new = X+ X- 1 3 0 {heavier:g}. 1. {heavier - 50:g}. {heavier + 50:g}. 0.",
        "9000001:isResonance = true",
        "9000001:oneChannel = 1 1.0 100 2 -1",
        "9000001:doForceWidth = on",
        f"9000002:new = Y0 void 1 0 0 {lighter:g}. 0.2 {lighter - 10:g}. {lighter + 10:g}. 0.",
        "9000002:isResonance = true",
        "9000002:oneChannel = 1 0.5 100 1 -1",
        "9000002:addChannel = 1 0.5 100 2 -2",
        "9000002:doForceWidth = on",
        *DECAY,
    )


PROCESSES: dict[str, Process] = {
    # an R = 1.0 jet gathers radiation: of the jets inside the window, generated from pTHat > 300, 8 % have pTHat below
    # 380, 23 % below 450 and 41 % below 500 (461 jets); those between 380 and 450 are heavier than the rest. An edge
    # at 380 keeps what matters at a rate that can be afforded.
    "QCD": Process(
        "QCD dijets",
        ("HardQCD:all = on", "PhaseSpace:pTHatMin = 380.", "PhaseSpace:pTHatMax = 800."),
        WINDOW,
        is_signal=False,
    ),
    "Top": Process(
        "Z'(1400) -> t tbar, hadronic",
        (
            "NewGaugeBoson:ffbar2gmZZprime = on",
            "Zprime:gmZmode = 3",
            "32:m0 = 1400.",
            "32:mWidth = 12.",
            "32:doForceWidth = on",
            "32:onMode = off",
            "32:onIfAny = 6",
            "24:onMode = off",
            "24:onIfAny = 1 2 3 4 5",
        ),
        WINDOW,
        is_signal=True,
        truth=6,
    ),
    "W": Process("W'(1300) -> W(qq) Z(nu nu)", (*W_PRIME, "23:onIfAny = 12 14 16"), WINDOW, is_signal=True, truth=24),
    "WZ-4q": Process(
        "W'(1300) -> W(qq) Z(qq); about half of the leading jets are the Z",
        (*W_PRIME, "23:onIfAny = 1 2 3 4 5"),
        WINDOW,
        is_signal=True,
        truth=24,
    ),
    # signals on which choices are made, so that those of the papers can be left alone until all is chosen
    "X-2prong": Process(
        "W'(1350) -> X(250) Y(250), X -> qq, Y -> qq",
        (
            *DEVELOPMENT,
            *_resonance(9000001, "X+ X-", 1, 3, 250, 1.0, 20, "2 -1"),
            *_resonance(9000002, "Y0 void", 1, 0, 250, 1.0, 20, "2 -2"),
            *DECAY,
        ),
        WINDOW,
        is_signal=True,
    ),
    "X-4prong": Process(
        "W'(1350) -> X(200) Y(200), X -> aa, Y -> aa, a(60) -> qq",
        (
            *DEVELOPMENT,
            *_resonance(9000003, "a+ a-", 1, 3, 60, 0.1, 5, "2 -1"),
            *_resonance(9000004, "a0 void", 1, 0, 60, 0.1, 5, "1 -1"),
            *_resonance(9000001, "X+ X-", 1, 3, 200, 1.0, 20, "9000003 9000004"),
            *_resonance(9000002, "Y0 void", 1, 0, 200, 1.0, 20, "9000004 9000004"),
            *DECAY,
        ),
        WINDOW,
        is_signal=True,
    ),
    "LHCO-signal": Process(
        "W'(3500) -> X(500) Y(100), X -> qq, Y -> qq, like the LHC Olympics R&D signal",
        _dijet_resonance(3500, 35, 1000, 500, 100),
        HARD,
        is_signal=True,
        n_leading=2,
        events_per_batch=400,
    ),
    "LHCO-box1": Process(
        "W'(3823) -> X(732) Y(378), X -> qq, Y -> qq, like the signal of the LHC Olympics' black box 1",
        _dijet_resonance(3823, 38, 1000, 732, 378),
        HARD,
        is_signal=True,
        n_leading=2,
        events_per_batch=400,
    ),
    # with the trigger at 1200 GeV, events below pTHat 1000 would add 15 % to those above, 8 % with m_jj > 2659 GeV
    # (6,000 generated events in each of 800-900 and 900-1000; below 800 not looked at); they lie at low m_jj and
    # cost ten times as much each
    "LHCO-background": Process(
        "QCD dijets of high pt, like the LHC Olympics R&D background",
        ("HardQCD:all = on", "PhaseSpace:pTHatMin = 1000."),
        HARD,
        is_signal=False,
        n_leading=2,
        events_per_batch=400,
    ),
}
