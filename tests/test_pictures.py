"""Pictures that the browser draws: what it is sent, and what becomes of it in headless Chromium."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from jetexplore import anomaly, distances, jets
from jetexplore.views import plots
from jetexplore.views.pictures import Pictures
from jetexplore.views.planpicture import PlanPicture


@given(arrays("f4", st.tuples(st.integers(0, 4), st.just(40), st.just(40)), elements=st.floats(0, 1, width=32)))
def test_what_is_shown_is_what_is_sent_bit_for_bit(images):
    row = Pictures()
    row.show([str(n) for n in range(len(images))], images)
    assert row.images.tobytes() == images.astype("<f4").tobytes()


def test_every_picture_has_a_title():
    with pytest.raises(ValueError, match="2 titles for 1 images"):
        Pictures().show(["a", "b"], np.zeros((1, 40, 40)))


def test_the_frame_is_that_of_the_library_s_images():
    row, centres = Pictures(), jets.pixel_centres()
    assert row.npix == len(centres)
    np.testing.assert_allclose(row.edge + (np.arange(row.npix) + 0.5) * row.pitch, centres, atol=1e-12)


def test_only_a_press_on_a_picture_that_is_there_is_passed_on():
    pressed = []
    row = Pictures(pressed.append)
    row.show(["a", "b"], np.zeros((2, 40, 40)), ["first", "second"])
    for message in ({"press": 1}, {"press": 2}, {"press": -1}, {"press": True}, {"press": "0"}, {}, [], None):
        row._handle_msg(message)
    assert pressed == [1]
    silent = Pictures()
    silent.show(["a"], np.zeros((1, 40, 40)))
    silent._handle_msg({"press": 0})
    assert not silent.buttons


def test_a_plan_is_sent_whole():
    first, second = (anomaly.image("QCD", number) for number in (3, 141))
    plan = distances.optimal_plan(first, second)
    picture = PlanPicture()
    picture.show(plan, "QCD", "title")
    arcs = np.frombuffer(picture.arcs, "<f4").reshape(-1, 5)
    np.testing.assert_allclose(arcs[:, 4].sum(), 1, rtol=1e-6)
    np.testing.assert_allclose((np.hypot(*(arcs[:, :2] - arcs[:, 2:4]).T) * arcs[:, 4]).sum(), plan.distance, rtol=1e-5)
    assert picture.colours == [plots.COLOURS["QCD"], plots.OTHER]
