"""The address of a page: every selection survives it, and no text in it can break the page."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jetexplore.anomaly.ensembles import REFERENCE_KINDS
from jetexplore.anomaly.networkpairs import FEATURES
from jetexplore.anomaly.reconstruction import SCORES
from jetexplore.views.address import DEFAULTS, NAMES, QUERY_MAX, from_query, to_query
from jetexplore.views.state import IMAGE_METRICS, Choice

states = st.fixed_dictionaries({}, optional={
    "example": st.integers(0, 1999), "reference": st.sampled_from(["QCD", "Top"]), "kind": st.sampled_from(list(REFERENCE_KINDS)),
    "metric": st.sampled_from(IMAGE_METRICS), "k": st.integers(1, 10), "combine": st.sampled_from(["min", "sum"]),
    "sample": st.sampled_from(["QCD", "Top", "W"]), "x": st.sampled_from(IMAGE_METRICS), "y": st.sampled_from(IMAGE_METRICS),
    "pair": st.tuples(st.integers(0, 999), st.integers(0, 999)).filter(lambda p: p[0] != p[1]),
    "network": st.one_of(st.just(""), st.from_regex(r"\Avae-[A-Za-z0-9_.+-]{1,80}\Z"), st.sampled_from(["untrained-d1", "untrained-d3"])),
    "passing": st.sampled_from(["QCD", "Top", "W"]), "rank": st.integers(0, 63), "shift": st.floats(-5, 5).map(lambda v: round(v, 1)),
    "features": st.sampled_from(list(FEATURES)), "against": st.sampled_from(["Wass(0.5)", "Wass(1)", "Wass(2)"]),
    "score": st.sampled_from(list(SCORES)), "signal": st.sampled_from(["Top", "W"]), "efficiency": st.floats(0.01, 1.0).map(lambda v: round(v, 2)),
})  # fmt: skip


@given(states)
def test_every_state_survives_the_url(state):
    unusual = {name: value for name, value in state.items() if value != DEFAULTS[name]}
    assert from_query(to_query(Choice(**state))) == (unusual, [])


@given(st.dictionaries(st.sampled_from([*NAMES, "name", "ready", "busy", "__class__", "é"]), st.text(max_size=30)))
def test_any_query_gives_a_state_and_a_sentence_for_each_refusal(values):
    good, problems = from_query("?" + urlencode(values))
    Choice(**good)
    assert len(good) + len(problems) == len(values)


HOSTILE = [
    "pair=[999999,0]", 'pair=["a",null]', "pair=[1,1]", "pair=[1,2,3]", "pair=[true,false]", "pair=[-1,0]", "pair=5", "pair=",
    "k=0", "k=99", "k=2.5", "k=true", "k=NaN", "k=[1]", "metric=Wass1", "metric=", "metric=EMD", "signal=Higgs",
    "efficiency=NaN", "efficiency=Infinity", "efficiency=2", "efficiency=0", "efficiency=x", "example=-1", "example=1e9",
    "ready=true", "scrolled=true", "notices=[1]", "network=untrained-d4", "network=../../x", "network=vae-%3Cb%3E", "network=vae-a%0A",
    "network=vae-" + "x" * 81, "rank=64", "rank=0.5", "shift=5.1", "shift=NaN", "score=Magic", "features=pixels", "against=MSE", "passing=Higgs", "nothing=1", "k=" + "[" * 1500, "x=<script>alert(1)</script>", "y=%00",
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_link_is_refused_in_a_sentence(text):
    good, problems = from_query(f"?{text}&k=4" if not text.startswith("k=") else f"?{text}")
    assert good == ({} if text.startswith("k=") else {"k": 4})
    assert len(problems) == 1
    assert problems[0].startswith("The link")
    assert len(problems[0]) < 250


def test_a_link_that_is_too_long_is_not_read():
    good, problems = from_query("?k=4&" + "x" * QUERY_MAX)
    assert good == {}
    assert str(QUERY_MAX) in problems[0]
