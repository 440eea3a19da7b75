"""Work off the event loop: as often as asked, in turn, and told when it fails."""

from __future__ import annotations

import time

import pytest
from carrying import carry_out

from jetexplore.errors import InputError
from jetexplore.views import live
from jetexplore.views.live import following, in_turn
from jetexplore.views.state import Choice

pytestmark = pytest.mark.usefixtures("carried_out_at_once")


def test_work_that_is_asked_for_again_is_done_once_more_and_not_more_often():
    choice, done, drawn = Choice(), [], []
    asked = {"left": 5}

    def work():
        done.append(choice.rank)
        if asked["left"]:
            asked["left"] = 0
            for rank in (1, 2, 3):
                choice.rank = rank
                carry_out(follow)
        return choice.rank

    follow = following(choice, work, drawn.append, "Decoding")
    carry_out(follow)
    assert done == [0, 3]
    assert drawn[-1] == 3


def test_a_failure_while_following_is_told_and_it_goes_on():
    choice, drawn = Choice(), []
    faults = [RuntimeError("/secret"), InputError("E_TEST", "a bad point", "a good one")]

    def work():
        if faults:
            raise faults.pop(0)
        return 1

    follow = following(choice, work, drawn.append, "Decoding")
    for _ in range(3):
        carry_out(follow)
    assert drawn == [1]
    assert len(choice.notices) == 2
    assert "secret" not in choice.notices[0]
    assert "a bad point" in choice.notices[1]


def test_what_is_prepared_in_turn_appears_in_turn_whatever_goes_wrong(monkeypatch):
    monkeypatch.setattr(live, "SOON", 0.0)
    choice, seen = Choice(), []

    def told():
        while not choice.busy:
            time.sleep(0.01)
        seen.append(list(choice.busy))

    def fail():
        raise InputError("E_TEST", "a broken file", "a whole one")

    def slow():
        seen.append(choice.k)
        choice.k = 5  # by somebody else meanwhile

    in_turn(choice, [
        ("one", slow, lambda: seen.append("one")), ("two", fail, lambda: seen.append("two")),
        ("three", told, lambda: seen.append("three")),
    ], lambda: seen.append("end"))  # fmt: skip
    assert seen == [3, 5, "one", ["three"], "three", "end"]
    assert choice.busy == []
    assert "a broken file" in choice.notices[0]
