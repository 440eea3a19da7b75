"""Every tour is a link that the page understands whole, and leads to a card that exists."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
from panel.util import edit_readonly

from jetexplore.views import explorer
from jetexplore.views.address import from_query, to_query
from jetexplore.views.code.text import SNIPPETS
from jetexplore.views.export.offers import EXPORTS
from jetexplore.views.state import Choice
from jetexplore.views.tourlist import Tours
from jetexplore.views.tours import FRASER, TOURS, TSAN, query, stops

ANCHORS = [one.anchor for one in explorer.CARDS]


@pytest.mark.parametrize("tour", TOURS, ids=lambda tour: tour.title)
def test_a_tour_survives_its_address(tour):
    values, problems = from_query(query(tour))
    assert problems == []
    shown = Choice(**values).selections()
    assert {name: shown[name] for name in tour.selections} == tour.selections
    assert to_query(Choice(**values)) == query(tour)  # else the page would write another address over it


@pytest.mark.parametrize("tour", TOURS, ids=lambda tour: tour.title)
def test_a_tour_leads_to_a_card_and_says_why_in_a_sentence(tour):
    assert tour.card in ANCHORS
    assert tour.told.endswith(".")
    assert tour.told.count(". ") == 0


def test_every_section_that_can_be_seen_has_a_tour():
    sections = {paper: {one.section for one in TOURS if one.paper == paper} for paper in (FRASER, TSAN)}
    assert sections == {FRASER: {"2", "3", "4.1", "4.2", "5", "6", "B"}, TSAN: {"3", "4, PGAE", "4, resonance search"}}
    assert len({one.title for one in TOURS}) == len(TOURS)
    assert len({(query(one), one.card) for one in TOURS}) == len(TOURS)


def test_the_list_holds_every_tour_once_and_in_order():
    found = [stop for _, some in stops() for stop in some]
    assert [(title, address, card) for title, _, _, address, card in found] == [
        (one.title, query(one), one.card) for one in TOURS
    ]


def test_cards_have_anchors_that_a_link_and_a_file_name_may_hold():
    assert len(set(ANCHORS)) == len(ANCHORS)
    assert all(re.fullmatch("[a-z0-9]+", anchor) for anchor in ANCHORS)
    assert list(SNIPPETS) == list(EXPORTS) == ANCHORS
    assert urlsplit(f"?k=5#{ANCHORS[0]}").query == "k=5"


def test_a_tour_that_was_chosen_lies_free_on_a_small_screen():
    page = explorer.page()
    (tours,) = page.select(Tours)
    (switcher,) = page.select(explorer.pmui.BreakpointSwitcher)
    assert tours.stops == stops()
    assert tours.armed
    for seen, left_open in ((switcher.large, True), (switcher.small, False)):
        with edit_readonly(switcher):
            switcher.current = seen
        page.sidebar_open = True
        for told in tours._msg__callbacks:
            told(None)
        assert page.sidebar_open == left_open
