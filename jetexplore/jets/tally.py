"""What was found while a file was read? How many jets are bad, why, and the first of them by index."""

from __future__ import annotations

import numpy as np

from jetexplore.errors import InputError
from jetexplore.jets.constituents import ETA_MAX, PT_LEAST, PT_MAX

NAMED = 5  # bad jets whose index is told
STEPS = 200  # of a decade of pT, 1.2 % each: a median to that is enough to tell the unit by
PT_USUAL = (10.0, 1e4)  # GeV; a median outside is told
EXPECTED = {  # code -> what is allowed, and what was found; in the order in which they are told
    "E_NONFINITE": ("finite numbers", "values that are not finite"),
    "E_RANGE_PT": (f"0 < pt <= {PT_MAX:g} GeV", "pt out of range"),
    "E_RANGE_ETA": (f"|eta| <= {ETA_MAX:g}", "eta out of range"),
    "E_LIMIT": ("as many, or on_bad='keep', which keeps the hardest", "too many constituents"),
    "E_LABEL": ("whole numbers >= 0 that are known, or classes={number: name}", "unknown labels"),
}


class Tally:
    """What was found while a file was read.

    Attributes
    ----------
    read, kept, empty, outside, alone, duplicates, removed : int
        Jets read, given, without constituents, outside the window on pT; jets of one constituent; constituents that
        are there twice; constituents removed by ``on_bad="keep"``.
    set_aside : int
        Events without two jets, of layouts of whole events.
    bad : dict of str to int
        How many jets for which code.
    named : dict of str to list of int
        Their first five indices.
    classes : dict of int to str
        Names of the labels.
    layout : str
        That of the file.
    cut : bool
        Whether reading ended before the end of the file, so that there may be more bad jets.
    half : list of str
        Arrays of the file that have 16 bits a number.

    Examples
    --------
    >>> Tally().warnings()
    []
    """

    def __init__(self) -> None:
        self.read = self.kept = self.empty = self.outside = self.alone = self.duplicates = self.removed = 0
        self.set_aside = self.labelled = 0
        self.bad: dict[str, int] = {}
        self.named: dict[str, list[int]] = {}
        self.values: dict[str, str] = {}
        self.classes: dict[int, str] = {}
        self.layout = ""
        self.cut = False
        self.half: list[str] = []
        self._pt: dict[int, int] = {}  # step on the logarithmic scale -> jets

    def add(self, code: str, rows: np.ndarray, value: str) -> None:
        """Count bad jets.

        Parameters
        ----------
        code : str
            Why.
        rows : ndarray
            Their indices in the file.
        value : str
            The first bad value.
        """
        self.bad[code] = self.bad.get(code, 0) + len(rows)
        named = self.named.setdefault(code, [])
        named.extend(rows[: NAMED - len(named)].tolist())
        self.values.setdefault(code, value)

    def seen(self, pt: np.ndarray) -> None:
        """Note the transverse momenta of jets, to tell the unit by.

        Parameters
        ----------
        pt : ndarray
            GeV, if it is GeV.
        """
        steps = np.floor(STEPS * np.log10(np.maximum(pt, PT_LEAST))).astype(np.int64)
        for step, many in zip(*np.unique(steps, return_counts=True), strict=True):
            self._pt[int(step)] = self._pt.get(int(step), 0) + int(many)

    def median_pt(self) -> float | None:
        """Give the median pT of all jets seen, those before an interruption among them.

        Returns
        -------
        float or None
            GeV, to 1 %; None if there were no jets.

        Examples
        --------
        >>> tally = Tally()
        >>> tally.seen(np.array([1.0, 600.0, 600.0]))
        >>> f"{tally.median_pt():.2g}"
        '6e+02'
        """
        if not self._pt:
            return None
        steps = sorted(self._pt)
        up_to = np.cumsum([self._pt[step] for step in steps])
        middle = steps[int(np.searchsorted(up_to, up_to[-1] / 2))]
        return float(10 ** ((middle + 0.5) / STEPS))

    def state(self) -> dict:
        """Give all counts as JSON can hold them.

        Returns
        -------
        dict
            For `restore`.
        """
        plain = {name: value for name, value in vars(self).items() if not name.startswith("_")}
        return plain | {"classes": list(self.classes.items()), "pt": sorted(self._pt.items())}

    def restore(self, state: dict) -> None:
        """Go on counting where another tally was.

        Parameters
        ----------
        state : dict
            What its `state` gave.
        """
        state = dict(state)
        self._pt = {int(step): int(many) for step, many in state.pop("pt")}
        self.classes = {int(k): name for k, name in state.pop("classes")}
        for name, value in state.items():
            setattr(self, name, value)

    def told(self, code: str) -> str:
        """Tell of the bad jets of one code.

        Parameters
        ----------
        code : str
            Why they are bad.

        Returns
        -------
        str
            A part of a sentence: what, how many, which.
        """
        total, named = self.bad[code], ", ".join(map(str, self.named[code]))
        rest = total - len(self.named[code])
        more = f" and {'at least ' if self.cut else ''}{rest} more" if rest else " and perhaps more" if self.cut else ""
        return f"{EXPECTED[code][1]} ({self.values[code]}) in jet{'s' if total > 1 else ''} {named}{more}"

    def error(self, where: str) -> InputError | None:
        """Make an error of what is bad.

        Parameters
        ----------
        where : str
            The file.

        Returns
        -------
        InputError or None
            None if nothing is.
        """
        codes = [code for code in EXPECTED if self.bad.get(code)]
        if not codes:
            return None
        found = f"{self.told(codes[0])}, of {'the first ' if self.cut else ''}{self.read} read"
        also = f"; also {', '.join(self.told(code) for code in codes[1:])}" if codes[1:] else ""
        mend = "on_bad='drop' leaves such jets out, 'keep' only what is bad in them"
        return InputError(codes[0], found + also, EXPECTED[codes[0]][0], where=where, mend=mend)

    def warnings(self) -> list[str]:
        """Tell what is strange but can be used.

        Returns
        -------
        list of str
            One sentence each.
        """
        told = [f"left out {self.told(code)}" for code in EXPECTED if self.bad.get(code)]
        if self.removed:
            told.append(f"{self.removed} bad constituents removed from those jets, the rest kept")
        if self.empty:
            told.append(f"{self.empty} rows without constituents, left out")
        if self.set_aside:
            told.append(f"{self.set_aside} events without two jets, left out")
        if self.outside:
            told.append(f"{self.outside} jets outside the window on pT, left out")
        if self.alone:
            told.append(f"{self.alone} jets of one constituent: an image of one pixel, mass 0")
        if self.duplicates:
            told.append(f"{self.duplicates} constituents that are there twice in their jet, kept")
        if self.half:
            names = ", ".join(self.half[:3]) + (", ..." if len(self.half) > 3 else "")
            told.append(
                f"16 bits a number in {names}: about three digits, and nothing above {np.finfo(np.float16).max:g}"
            )
        median = self.median_pt()
        if median is not None and not PT_USUAL[0] <= median <= PT_USUAL[1]:
            unit = "MeV instead of GeV" if median > PT_USUAL[1] else "TeV instead of GeV, or parts of the jet's pT"
            told.append(f"the median pT of jets is {median:.3g} GeV: perhaps the file has {unit}")
        return told
