"""Where on a sheet does a figure go? In rows, as on a page, with room for its axes and legends."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import NamedTuple

from jetexplore.views.paper import axis
from jetexplore.views.paper.frames import Frame

WIDE = 1400  # px, after which the next figure begins a new row
GAP = 14  # px between figures
LETTER = 5.6  # px that a letter takes, about


class Room(NamedTuple):
    """What a figure takes on the sheet, in px."""

    left: float
    right: float
    top: float
    bottom: float


def flow(sizes: Sequence[tuple[float, float]]) -> tuple[list[tuple[float, float]], float, float]:
    """Place boxes in rows, as a page does."""
    limit, x, y, tall, wide, places = max(WIDE, *(size[0] for size in sizes)), 0.0, 0.0, 0.0, 0.0, []
    for width, height in sizes:
        if x and x + width > limit:
            x, y, tall = 0.0, y + tall + GAP, 0.0
        places.append((x, y))
        x, tall = x + width + GAP, max(tall, height)
        wide = max(wide, x - GAP)
    return places, wide, y + tall


def room_of(frame: Frame) -> Room:
    """Tell what the decorations of a figure take."""
    names = [layer.name for layer in frame.layers if layer.name]
    longest = max(map(len, names), default=0)
    aside = 50 + LETTER * longest if frame.legend in ("right", "left") else 0
    rows = len(names) / axis.COLUMNS if frame.legend in ("top", "bottom") else 0
    return Room(
        left=66 if frame.up.shown else 6,
        right=14 + aside + (86 if frame.bar else 0),
        top=8 + 16 * len(titled(frame)) + 17 * rows,
        bottom=48 if frame.across.shown else 6,
    )


def titled(frame: Frame) -> list[str]:
    """Break a figure's title into lines as wide as the figure."""
    letters = max(int(frame.size[0] / LETTER), 12)
    return [part for line in frame.title.splitlines() for part in textwrap.wrap(line, letters)]
