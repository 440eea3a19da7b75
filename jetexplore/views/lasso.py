"""How does a link say which jets were chosen? Lines drawn on the map as a short text, and back.

A stroke is a letter for the space it was drawn in, one for what is done with the jets in it, and its corners:
``da1.5_2~3_2.25~2_4`` adds the jets of a triangle in the map of Wass(1). Strokes follow each other.
"""

from __future__ import annotations

import re

import numpy as np

from jetexplore.anomaly.mapjets import SIGNS, SPACES, Stroke
from jetexplore.anomaly.region import simplified
from jetexplore.errors import InputError

CORNERS = 20  # of one stroke
STROKES = 4  # together they leave room for all else in a link
LETTERS = dict(zip(SPACES, "dut", strict=True))  # distance, untrained, trained: links outlive the order of a list
MARKS = dict(zip(SIGNS, "as", strict=True))
_NUMBER = r"-?\d{1,3}(\.\d{1,2})?"
_CORNER = f"{_NUMBER}_{_NUMBER}"
_STROKE = f"[dut][as]{_CORNER}(~{_CORNER}){{2,{CORNERS - 1}}}"
LASSO = rf"^({_STROKE}){{0,{STROKES}}}\Z"


def strokes(text: str) -> tuple[Stroke, ...]:
    """Read the strokes of a text.

    Parameters
    ----------
    text : str
        As written by `drawn`; empty for none.

    Returns
    -------
    tuple of Stroke
        In order.

    Raises
    ------
    InputError
        ``E_LASSO`` for any other text.

    Examples
    --------
    >>> strokes("da0_0~1_0~0_1.5")[0].corners
    ((0.0, 0.0), (1.0, 0.0), (0.0, 1.5))
    """
    if not re.match(LASSO, text):
        allowed = f"up to {STROKES} lines of 3 to {CORNERS} corners each, from -999 to 999"
        raise InputError("E_LASSO", f"drawn lines {text[:40]!r}", allowed)
    spaces, signs = ({letter: name for name, letter in names.items()} for names in (LETTERS, MARKS))
    return tuple(
        Stroke(spaces[one[0]], signs[one[1]], tuple(tuple(map(float, c.split("_"))) for c in one[2:].split("~")))
        for one in re.findall(r"[dut][as][^dut]+", text)
    )


def drawn(text: str, mode: str, space: str, line: np.ndarray) -> str:
    """Write what is chosen after one more line has been drawn.

    Parameters
    ----------
    text : str
        What was chosen before.
    mode : {"replace", "add", "subtract"}
        What is done with the jets in the line.
    space : str
        In which it was drawn.
    line : ndarray, shape (m, 2)
        Its corners, which are rounded to 0.01 and reduced to 20.

    Returns
    -------
    str
        For `strokes`. Unchanged if the line has fewer than three corners that differ.

    Raises
    ------
    InputError
        ``E_LASSO`` if there would be too many strokes, or one too far out.

    Examples
    --------
    >>> drawn("", "replace", "untrained-d3", np.array([[0, 0], [1, 0], [1, 0.001], [0.5, 1]]))
    'ua0_0~1_0~0.5_1'
    """
    line = np.asarray(line, dtype=np.float64)
    line = line[np.isfinite(line).all(1)].round(2)
    line = line[(line != np.roll(line, 1, axis=0)).any(1)] if len(line) > 1 else line
    if len(line) < 3:
        return text
    corners = simplified(line, CORNERS)
    sign = "add" if mode == "replace" else mode
    mark = LETTERS[space] + MARKS[sign] + "~".join(f"{_written(x)}_{_written(y)}" for x, y in corners)
    found = mark if mode == "replace" else text + mark
    strokes(found)
    return found


def _written(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") if value else "0"
