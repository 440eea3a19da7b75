"""What has been chosen: every selection of the explorer in one place, and the same in the URL."""

from __future__ import annotations

import inspect
import json
from collections.abc import Awaitable, Callable
from urllib.parse import parse_qsl, urlencode

import panel as pn
import param

from jetexplore.anomaly.scores import COMBINE
from jetexplore.anomaly.study import K_MAX, N_PAIRED, REFERENCE_KINDS
from jetexplore.distances.metrics import METRICS

IMAGE_METRICS = [name for name, metric in METRICS.items() if metric.inputs == "images"]
CLASSES = ["QCD", "Top", "W"]
QUERY_MAX = 2000  # characters of a URL that are read


class Choice(param.Parameterized):
    """The selections. Views listen through `on_change`, which stays silent until the page is ready."""

    example = param.Integer(default=0, bounds=(0, 1999), doc="which test jet of each class is shown")
    reference = param.Selector(default="QCD", objects=["QCD", "Top"], doc="class of the reference events")
    kind = param.Selector(default="medoids", objects=list(REFERENCE_KINDS), doc="how the reference events are chosen")
    metric = param.Selector(default="Wass(1)", objects=IMAGE_METRICS, doc="metric of the medoids and of the score")
    k = param.Integer(default=3, bounds=(1, K_MAX), doc="number of medoids")
    combine = param.Selector(default="min", objects=list(COMBINE), doc="distances to several events, combined")
    sample = param.Selector(default="QCD", objects=CLASSES, doc="class of the pairs")
    x = param.Selector(default="MSE", objects=IMAGE_METRICS, doc="metric on the horizontal axis")
    y = param.Selector(default="Wass(1)", objects=IMAGE_METRICS, doc="metric on the vertical axis")
    pair = param.NumericTuple(default=(0, 1), length=2, doc="the two jets whose transport plan is shown")
    signal = param.Selector(default="Top", objects=["Top", "W"], doc="the signal to find")
    efficiency = param.Number(default=0.5, bounds=(0.01, 1.0), doc="signal efficiency at the cut")

    ready = param.Boolean(default=False, doc="the page has been laid out and may be updated")
    busy = param.String(default="", doc="what is being computed, empty when nothing is")
    notices = param.List(default=[], doc="what a person should be told, oldest first")

    def __init__(self, **values: object) -> None:
        """Start with these values; ready at once outside a served page."""
        super().__init__(**values)
        pn.state.onload(self._on_load)

    def _on_load(self) -> None:
        self.ready = True

    def notify(self, text: str) -> None:
        """Tell the person something.

        Parameters
        ----------
        text : str
            One sentence.
        """
        self.notices = [*self.notices, text]

    def on_change(self, names: list[str], act: Callable[[], None | Awaitable[None]]) -> None:
        """Call ``act`` when one of the selections changes, but never before the page is ready.

        A plot that is updated before its page is ready reschedules itself for ever, so changes made until then are
        carried out once, when the page is.

        Parameters
        ----------
        names : list of str
            Selections to listen to.
        act : callable
            Called without arguments; may be a coroutine function.
        """
        seen = {name: getattr(self, name) for name in names}

        def is_new() -> bool:
            now = {name: getattr(self, name) for name in names}
            if not self.ready or now == seen:
                return False
            seen.update(now)
            return True

        def changed(*_: object) -> None:
            if is_new():
                act()

        async def changed_async(*_: object) -> None:
            if is_new():
                await act()

        self.param.watch(changed_async if inspect.iscoroutinefunction(act) else changed, [*names, "ready"])


NAMES = [name for name in Choice.param if name not in ("name", "ready", "busy", "notices")]


DEFAULTS = {name: Choice.param[name].default for name in NAMES}


def to_query(choice: Choice) -> str:
    """Write the selections that differ from the usual ones as the query of a URL.

    Parameters
    ----------
    choice : Choice
        The selections.

    Returns
    -------
    str
        Empty if all are the usual ones.

    Examples
    --------
    >>> to_query(Choice(k=5, pair=(3, 7)))
    '?k=5&pair=%5B3%2C7%5D'
    """
    values = {name: getattr(choice, name) for name in NAMES if getattr(choice, name) != DEFAULTS[name]}
    texts = {
        name: value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
        for name, value in values.items()
    }
    return f"?{urlencode(texts)}" if texts else ""


def from_query(search: str) -> tuple[dict[str, object], list[str]]:
    """Read selections from the query of a URL, keeping what is allowed and naming the rest.

    Parameters
    ----------
    search : str
        Such as ``"?metric=MAE&k=5"``.

    Returns
    -------
    values : dict
        Valid selections.
    problems : list of str
        One sentence for each part that was not used.

    Examples
    --------
    >>> from_query("?k=5&metric=Wass1")[0]
    {'k': 5}
    """
    if len(search) > QUERY_MAX:
        return {}, [f"The link is {len(search)} characters long; at most {QUERY_MAX} are read, so it was not used."]
    values: dict[str, object] = {}
    problems = []
    for name, text in parse_qsl(search.lstrip("?"), keep_blank_values=True):
        if name not in NAMES:
            problems.append(f"The link names an unknown setting {name[:40]!r}; it was left out.")
            continue
        try:
            values[name] = _parsed(name, text)
        except (ValueError, TypeError, RecursionError):
            allowed = _allowed(name)
            problems.append(f"The link asks for {name} = {text[:40]!r}; allowed: {allowed}. The usual value is shown.")
    return values, problems


def _parsed(name: str, text: str) -> object:
    parameter = Choice.param[name]
    value: object = text if isinstance(parameter, param.Selector) else json.loads(text)
    if name == "pair":
        whole = isinstance(value, list) and len(value) == 2 and all(type(item) is int for item in value)
        if not whole or value[0] == value[1] or not all(0 <= item < N_PAIRED for item in value):
            raise ValueError(name)
        return tuple(value)
    if isinstance(parameter, param.Integer) and type(value) is not int:
        raise ValueError(name)
    Choice(**{name: value})  # raises for anything param does not allow, such as NaN or another type
    if isinstance(value, float) and not 0 <= value <= 1:
        raise ValueError(name)
    return value


def _allowed(name: str) -> str:
    parameter = Choice.param[name]
    if name == "pair":
        return f"two different jets [i, j] from 0 to {N_PAIRED - 1}"
    if isinstance(parameter, param.Selector):
        return ", ".join(parameter.objects)
    return f"{parameter.bounds[0]} to {parameter.bounds[1]}"
