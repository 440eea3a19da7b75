"""How do figures become a file? All of a card on one sheet, as PNG, SVG or PDF that say where they come from."""

from __future__ import annotations

import io
import textwrap
import threading
from collections.abc import Sequence
from importlib.metadata import version
from typing import TYPE_CHECKING

from jetexplore.errors import InputError, choose
from jetexplore.views.paper import axis, glyphs
from jetexplore.views.paper.flow import LETTER, flow, room_of, titled
from jetexplore.views.paper.frames import Frame

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


FORMS = ("png", "svg", "pdf")
INCH = 96.0  # px
EDGE = 18  # px round all figures
LINE = 15  # px from line to line of what is told below
STYLE = {
    "font.family": "DejaVu Sans",  # comes with matplotlib: the same everywhere, with all signs that are used
    "font.size": 9,
    "axes.titlesize": 9,
    "axes.linewidth": 0.7,
    "legend.fontsize": 7.5,
    "legend.framealpha": 0.8,
    "text.parse_math": False,  # a dollar sign or an underscore in a name is meant
    "svg.fonttype": "path",
    "svg.hashsalt": "jetexplore",  # else names of parts are drawn by lot
    "pdf.fonttype": 42,  # fonts are embedded whole enough to be edited
    "savefig.dpi": 200,
}
_matplotlib = threading.Lock()  # its settings belong to the whole process


def file(frames: Sequence[Frame], form: str, title: str, lines: Sequence[str]) -> bytes:
    """Draw figures on one sheet.

    Densities, jets and clouds of more than a thousand points are images within a frame of lines and letters; all else
    is drawn as lines. The same figures give the same bytes: no date is written.

    Parameters
    ----------
    frames : sequence of Frame
        From `shown.frames`.
    form : {"png", "svg", "pdf"}
        Of the file.
    title : str
        Above all.
    lines : sequence of str
        Where the numbers come from; written below, and into the file's description.

    Returns
    -------
    bytes
        Of the file.

    Raises
    ------
    InputError
        ``E_FORM``; ``E_FIGURE`` if there is no figure, or one that cannot be drawn.

    Examples
    --------
    >>> from jetexplore.views.paper.frames import Scale
    >>> scale = Scale("x", 0.0, 1.0, False, True, None, {}, "")
    >>> file([Frame("", (100, 100), scale, scale, [], "", None)], "svg", "Nothing", [])[:5]
    b'<?xml'
    """
    import matplotlib
    from matplotlib import style

    choose("form of a figure", form, FORMS, "E_FORM")
    if not frames:
        raise InputError(
            "E_FIGURE", "no figure", "a card that shows one", mend="scroll to it and wait until it is drawn"
        )
    told = "\n".join(lines)
    made_by = f"jetexplore {version('jetexplore')}"
    about = {
        "png": {"Title": title, "Description": told, "Software": made_by},
        "svg": {"Title": title, "Description": told, "Creator": made_by, "Date": None},
        "pdf": {"Title": title, "Subject": told, "Creator": made_by, "CreationDate": None},
    }
    with _matplotlib, matplotlib.rc_context():
        style.use(["default", STYLE])
        content = io.BytesIO()
        drawn(frames, title, lines).savefig(content, format=form, metadata=about[form], **_dots(form))
    return content.getvalue()


def _dots(form: str) -> dict[str, int]:
    return {"dpi": 200 if form == "png" else 300}  # in lines and letters, that of the images among them


def drawn(frames: Sequence[Frame], title: str, lines: Sequence[str]) -> Figure:
    """Draw figures on one sheet of matplotlib.

    Parameters
    ----------
    frames, title, lines
        As in `file`.

    Returns
    -------
    matplotlib.figure.Figure
        One axes a figure, in their order; bars of colours after them.
    """
    from matplotlib.figure import Figure

    rooms = [room_of(frame) for frame in frames]
    sizes = [
        (room.left + frame.size[0] + room.right, room.top + frame.size[1] + room.bottom)
        for frame, room in zip(frames, rooms, strict=True)
    ]
    places, width, height = flow(sizes)
    letters = max(int(width / (LETTER * 0.8)), 40)
    told = [part for line in lines for part in textwrap.wrap(line, letters)]
    head = textwrap.wrap(title, max(int(width / (LETTER * 1.4)), 20))
    above, below = EDGE + 20 * len(head), EDGE + LINE * len(told)
    across, down = width + 2 * EDGE, above + height + below
    figure = Figure(figsize=(across / INCH, down / INCH))
    figure.text(EDGE / across, 1 - EDGE / 2 / down, "\n".join(head), size=11, weight="bold", va="top")
    figure.text(EDGE / across, EDGE / 2 / down, "\n".join(told), size=7, color="#555555", va="bottom", linespacing=1.4)
    parts = []
    for frame, room, (x, y) in zip(frames, rooms, places, strict=True):
        left, top = EDGE + x + room.left, above + y + room.top
        box = (left / across, 1 - (top + frame.size[1]) / down, frame.size[0] / across, frame.size[1] / down)
        parts.append((frame, figure.add_axes(box)))
    for frame, axes in parts:
        _fill(frame, axes, figure)
    return figure


def _fill(frame: Frame, axes: Axes, figure: Figure) -> None:
    axis.scale(axes, frame.across, frame.up)
    handles = []
    for order, layer in enumerate(frame.layers):
        handle = glyphs.draw(layer, axes, 2 + order / 100)
        if layer.name and handle is not None:
            handles.append((handle, layer.name))
    axis.scale(axes, frame.across, frame.up)  # what is drawn may not move it
    axes.set_title("\n".join(titled(frame)), pad=6 + (15 if handles and frame.legend == "top" else 0))
    if handles and frame.legend:
        axis.legend(axes, handles, frame.legend)
    if frame.bar:
        box = axes.get_position()
        pixel = 1 / (figure.get_figwidth() * INCH)
        beside = figure.add_axes((box.x1 + 10 * pixel, box.y0, 11 * pixel, box.height))
        axis.bar(beside, *frame.bar)
