"""The page: seven questions about the sample, one set of selections, one URL."""

from __future__ import annotations

import threading
from functools import cache

import panel as pn
import panel_material_ui as pmui
from panel.util import edit_readonly

from jetexplore import jets
from jetexplore.distances import compilation
from jetexplore.errors import InputError
from jetexplore.views import faults, lean, memory, raster
from jetexplore.views.address import from_query
from jetexplore.views.card import card
from jetexplore.views.cards import CARDS
from jetexplore.views.frozen import spare
from jetexplore.views.history import kept_in_step
from jetexplore.views.keyboard import Keyboard
from jetexplore.views.notices import alert, notices
from jetexplore.views.own.files import offered
from jetexplore.views.sidebar import sidebar
from jetexplore.views.state import Choice
from jetexplore.views.theme import SystemTheme
from jetexplore.views.tourlist import Tours
from jetexplore.views.tours import stops
from jetexplore.views.wrapping import wrapped

READABLE = {"& .MuiChip-label": {"color": "#000"}}  # white on orange has a contrast of 3.1 only


def page() -> pmui.Page:
    """Compose the explorer for one visitor.

    Returns
    -------
    panel_material_ui.Page
        Complete; give it ``servable()``.
    """
    spare(pn.state.curdoc)
    if pn.state.curdoc and pn.state.curdoc.session_context:  # not in a notebook
        lean.without_extensions()
        lean.without_repeats()
    values, problems = from_query(pn.state.location.search if pn.state.location else "")
    choice = Choice(**values)
    for problem in problems:
        choice.notify(problem)
    order = (CARDS[-1]._replace(prepare=None), *CARDS[:-1]) if offered() else CARDS
    cards = [card(choice, one) for one in order]
    tours = Tours(stops=stops(), armed=choice.param.ready, sizing_mode="stretch_width", margin=(10, 10, 0, 10))
    layout = pmui.Page(
        title="jetexplore", sidebar=[tours, *sidebar(choice)], sidebar_width=300, busy_indicator="linear"
    )
    content = [_provenance(), _small_screen(choice, layout, tours), *cards, notices(choice), faults.Names()]
    content += [SystemTheme(), Keyboard()]
    if pn.state.location:  # not in a notebook, whose address is not ours
        content.append(kept_in_step(choice))
    layout.main = [pmui.Container(*content, width_option="xl")]
    with edit_readonly(layout):
        # otherwise it follows the whole server's state, which every visitor changes and which keeps a page for ever
        layout.busy = choice.param.busy.rx().rx.bool()
    if pn.state.curdoc:
        memory.came(layout)
        pn.state.on_session_destroyed(lambda _: _let_go(layout))
    faults.watch_over(choice)
    choice.param.watch(lambda _: lean.without_waiting(pn.state.curdoc), "ready")
    choice.param.watch(lambda _: _warm(), "ready")  # not before: the first pictures would wait for it
    return layout


def _let_go(layout: pmui.Page) -> None:
    """Disconnect the plots of a page that was closed; HoloViews would keep them and all they belong to.

    Panel looks for them by way of the page's models, which are empty by then.
    """
    for pane in layout.select(pn.pane.HoloViews):
        for plot, _ in pane._plots.values():
            plot.cleanup()
    memory.left(layout)


def _small_screen(choice: Choice, layout: pmui.Page, tours: Tours) -> pmui.BreakpointSwitcher:
    """Close the controls where they would cover the page, also when a tour has been chosen, and say where they are."""
    told = pmui.Typography("The controls are behind the button at the top left.", variant="body2", margin=(0, 4))
    switcher = pmui.BreakpointSwitcher(small=told, large=pn.Spacer(height=0), breakpoint="md")

    def fit(*_: object) -> None:
        if choice.ready and switcher.current is not None:
            layout.sidebar_open = switcher.current is switcher.large

    switcher.param.watch(fit, "current")
    choice.param.watch(fit, "ready")
    tours.on_msg(fit)
    return switcher


def _provenance() -> pn.Column:
    try:
        test, reference = jets.provenance(), jets.provenance(split="reference")
    except (FileNotFoundError, InputError) as error:
        return wrapped(alert(str(error)))
    counts, others = (
        ", ".join(f"{data['n']:,} {name}" for name, data in some.metadata.items()) for some in (test, reference)
    )
    yours = [pmui.Chip(label="YOURS BESIDE IT", color="error", margin=4)] if offered() else []
    return wrapped(
        *yours,
        pmui.Chip(label=test.origin.upper(), color="warning", margin=4, sx=READABLE),
        pmui.Typography(
            f"{test.description[0].upper()}{test.description[1:]}. Test jets: {counts}; "
            f"disjoint reference jets: {others}. Files {test.key[:8]} and {reference.key[:8]}.",
            variant="body2",
            margin=(8, 4),
        ),
        sizing_mode="stretch_width",
    )


@cache
def _warm() -> None:
    """Prepare what is needed soon, once in a process and beside it."""
    compilation.start()

    def work() -> None:
        raster.warm().join()
        memory.settle()  # with all that has been imported by now
        memory.give_back()

    threading.Thread(target=work, daemon=True, name="warm").start()
