"""How does a URL say what has been chosen? Every selection as text, and back, whatever the text may be."""

from __future__ import annotations

import json
import re
from urllib.parse import parse_qsl, urlencode

import param

from jetexplore.anomaly.samples import N_PAIRED
from jetexplore.views.axes import opened
from jetexplore.views.lasso import CORNERS, STROKES
from jetexplore.views.state import APART, Choice

QUERY_MAX = 2000  # characters of a URL that are read
NAMES = [name for name in Choice.param if name not in APART]
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
    for name, text in opened(dict(parse_qsl(search.lstrip("?"), keep_blank_values=True))).items():
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
    value: object = text if isinstance(parameter, param.Selector | param.String) else json.loads(text)
    if name == "pair":
        whole = isinstance(value, list) and len(value) == 2 and all(type(item) is int for item in value)
        allowed = whole and value[0] != value[1] and all(0 <= item < N_PAIRED for item in value)
        value = tuple(value) if allowed else value
    elif isinstance(parameter, param.Selector):
        allowed = value in parameter.objects
    elif isinstance(parameter, param.String):
        allowed = re.match(parameter.regex, text) is not None
    else:  # a bool is an int to Python, not to a reader; NaN is within no bounds
        types = (int,) if isinstance(parameter, param.Integer) else (int, float)
        allowed = type(value) in types and parameter.bounds[0] <= value <= parameter.bounds[1]
    if not allowed:
        raise ValueError(name)
    return value


def _allowed(name: str) -> str:
    parameter = Choice.param[name]
    if name == "pair":
        return f"two different jets [i, j] from 0 to {N_PAIRED - 1}"
    if isinstance(parameter, param.Selector):
        return ", ".join(parameter.objects)
    if name == "lasso":
        return f"up to {STROKES} drawn lines of 3 to {CORNERS} corners each, as the page writes them"
    if name == "own":
        return "a file by the name that the page lists"
    if name in ("left", "right", "own_score"):
        return "events, network, or one such as 'no training: jet mass' or 'network: vae-MSE-d3-b1e-8, Loss'"
    if isinstance(parameter, param.String):
        return (
            "a network such as pgae-momenta-MSE" if name == "graph" else "one such as vae-MSE-d3-b1e-8 or untrained-d3"
        )
    return f"{parameter.bounds[0]} to {parameter.bounds[1]}"
