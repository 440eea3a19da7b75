"""How do a page and the browser's history keep in step? Every state is an entry, and going back leads to it."""

from __future__ import annotations

import param
from panel.custom import JSComponent

from jetexplore.views.address import DEFAULTS, NAMES, from_query, to_query
from jetexplore.views.state import Choice


class History(JSComponent):
    """The address of a page in the browser's bar; seen by no one.

    A page that changes and a person who goes back may cross on the way. So the browser numbers every going back, and
    the page says with each address which of them it knew: one written before the last is late, and is left out.
    Panel's ``Location`` tells nothing of this, and does not listen to going back.

    Examples
    --------
    >>> History(shown=[0, "?k=5"]).width
    0
    """

    shown = param.List(default=[0, ""], doc="[number of the last going back that is known, query of what is shown]")
    went = param.List(default=[0, ""], doc="[number of a going back, query it led to]")

    _esm = """
    export function render({model, el}) {
      el.style.display = "none"
      let last = 0, answered = -1
      const write = () => {
        const [known, query] = model.shown
        if (known < last) return  // written before the page knew that the person went back
        const {search, pathname, hash} = window.location
        const corrects = known > answered  // what an entry says, or a link: no entry of its own
        answered = known
        if (query === search) return
        history[corrects ? "replaceState" : "pushState"]({}, "", pathname + query + hash)
      }
      const back = () => { model.went = [++last, window.location.search] }
      window.addEventListener("popstate", back)
      model.on("shown", write)
      model.on("remove", () => window.removeEventListener("popstate", back))
      write()
    }
    """

    def __init__(self, **options: object) -> None:
        super().__init__(**{"width": 0, "height": 0, "margin": 0, **options})


def kept_in_step(choice: Choice) -> History:
    """Write every selection to the address, and follow the address when a person goes back.

    Parameters
    ----------
    choice : Choice
        The selections; told of what an address asks for that is not allowed.

    Returns
    -------
    History
        For the page.

    Examples
    --------
    >>> choice = Choice(k=5)
    >>> history = kept_in_step(choice)
    >>> history.went = [1, "?metric=MAE"]
    >>> choice.k, history.shown
    (3, [1, '?metric=MAE'])
    """
    history = History(shown=[0, to_query(choice)])

    def write(*_: object) -> None:
        history.shown = [history.went[0], to_query(choice)]

    def read(*_: object) -> None:
        values, problems = from_query(history.went[1])
        for problem in problems:
            if problem not in choice.notices:
                choice.notify(problem)
        choice.param.update(**{**DEFAULTS, **values})
        write()

    choice.param.watch(write, NAMES)
    history.param.watch(read, "went")
    return history
