"""Lines drawn on the map: what lies in them, and how they are kept as text."""

from __future__ import annotations

from urllib.parse import urlencode

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jetexplore.anomaly import mapjets
from jetexplore.anomaly.region import READ, inside, simplified
from jetexplore.errors import InputError
from jetexplore.views import lasso
from jetexplore.views.address import QUERY_MAX, from_query, to_query
from jetexplore.views.map import MODES
from jetexplore.views.state import Choice

BOX = "da-3_0~3_0~3_6~-3_6"  # holds jets of every class


def inside_slowly(point, corners):
    """The even-odd rule for one point, an edge at a time."""
    x, y = point
    odd = False
    for (x0, y0), (x1, y1) in zip(corners, [*corners[1:], corners[0]], strict=True):
        if (y0 > y) != (y1 > y) and x < x0 + (y - y0) * (x1 - x0) / (y1 - y0):
            odd = not odd
    return odd


coordinates = st.one_of(st.integers(-3, 3).map(float), st.floats(-5, 5))
corners = st.lists(st.tuples(coordinates, coordinates), min_size=3, max_size=12)


@given(corners, st.lists(st.tuples(coordinates, coordinates), min_size=1, max_size=20))
def test_the_even_odd_rule_is_that_of_its_slow_twin(polygon, points):
    found = inside(np.array(points), np.array(polygon))
    assert found.tolist() == [inside_slowly(point, polygon) for point in points]


@given(corners, st.integers(0, 11), st.tuples(coordinates, coordinates))
def test_it_does_not_matter_where_a_polygon_begins_or_how_it_runs(polygon, start, point):
    turned = np.roll(np.array(polygon), start, axis=0)
    want = inside(np.array([point]), np.array(polygon))
    assert inside(np.array([point]), turned) == want
    assert inside(np.array([point]), turned[::-1]) == want or _on_an_edge(point, polygon)


def _on_an_edge(point, polygon):
    p, a = np.array(point), np.array(polygon)
    b = np.roll(a, -1, axis=0)
    cross = (b - a)[:, 0] * (p - a)[:, 1] - (b - a)[:, 1] * (p - a)[:, 0]
    return bool((np.abs(cross) < 1e-6).any())


def test_a_disc_keeps_its_area_with_few_corners_and_whatever_its_length():
    angle = np.linspace(0, 2 * np.pi, 20_000, endpoint=False)
    few = simplified(np.column_stack([np.cos(angle), np.sin(angle)]), lasso.CORNERS)
    assert few.shape == (lasso.CORNERS, 2)
    points = np.random.default_rng(0).uniform(-1.2, 1.2, (4000, 2))
    wrong = inside(points, few) != (np.hypot(*points.T) < 1)
    assert wrong.mean() < 0.03
    assert len(simplified(np.column_stack([angle, angle**2]), 10**9)) <= READ


@pytest.mark.parametrize("bad", [np.zeros((2, 2)), np.zeros((3, 3)), [[0, 0], [1, 0], [np.nan, 1]]])
def test_what_is_no_polygon_is_refused(bad):
    for function in (lambda: inside(np.zeros((1, 2)), bad), lambda: simplified(bad, 5)):
        with pytest.raises(InputError, match="three corners"):
            function()


# ------------------------------------------------------------------------------------------------ lines as text


numbers = st.integers(-99_999, 99_999).map(lambda n: n / 100)
lines = st.lists(st.tuples(numbers, numbers), min_size=3, max_size=60, unique=True)


@given(st.lists(st.tuples(st.sampled_from(list(MODES.values())), st.sampled_from(mapjets.SPACES), lines), max_size=4))
def test_what_was_drawn_survives_the_url(strokes):
    text = ""
    for mode, space, line in strokes:
        before = text
        text = lasso.drawn(before, mode, space, np.array(line))
        last = lasso.strokes(text)[-1]
        assert (last.space, last.sign) == (space, "add" if mode == "replace" else mode)
        assert set(last.corners) <= set(line)
        assert len(last.corners) == min(len(line), lasso.CORNERS)
        assert lasso.strokes(text)[:-1] == (() if mode == "replace" else lasso.strokes(before))
    choice = Choice(lasso=text)
    assert len(to_query(choice)) < QUERY_MAX
    assert from_query(to_query(choice)) == ({"lasso": text} if text else {}, [])


@pytest.mark.parametrize("text", [
    "da0_0~1_0", "xa0_0~1_0~0_1", "da0_0~1_0~nan_1", "da0_0~1_0~1e9_1", "da0_0~1_0~9999_1", "da0_0~1_0~0_1.234", "da0_0~1_0~0_1\n",
    "da" + "~".join(["0_0"] * (lasso.CORNERS + 1)), "da0_0~1_0~0_1" * (lasso.STROKES + 1), "[[0,0],[1,0],[0,1]]", "<b>",
])  # fmt: skip
def test_other_text_is_refused_in_a_sentence(text):
    good, (problem,) = from_query("?" + urlencode({"lasso": text, "k": 4}))
    assert good == {"k": 4}
    assert "drawn lines" in problem
    with pytest.raises(InputError, match="drawn lines"):
        lasso.strokes(text)


def test_a_line_that_encloses_nothing_changes_nothing_and_a_fifth_one_is_refused():
    for line in ([], [[1, 1]], [[1, 1], [1, 1], [1, 1.001]], [[np.nan, 1], [2, 2], [3, 1]]):
        assert lasso.drawn(BOX, "replace", "Wass(1)", np.array(line).reshape(-1, 2)) == BOX
    with pytest.raises(InputError, match="up to 4"):
        lasso.drawn(BOX * 4, "add", "Wass(1)", np.array([[0, 0], [1, 0], [0, 1]]))
