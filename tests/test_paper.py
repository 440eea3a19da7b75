"""Figures on paper show the numbers of those on the page, say where they come from, and disturb no page meanwhile."""

from __future__ import annotations

import asyncio
import base64
import io
import re
import xml.etree.ElementTree as ET
from concurrent.futures import ThreadPoolExecutor

import holoviews as hv
import numpy as np
import panel as pn
import pytest
from bokeh.models import HexTile
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from jetexplore import anomaly, distances, jets
from jetexplore.errors import InputError
from jetexplore.views import planpicture, plots, rocplots
from jetexplore.views.address import to_query
from jetexplore.views.export.figures import WITHOUT, figure
from jetexplore.views.jets import JetsView
from jetexplore.views.paper import axis, inks, keys, sheet
from jetexplore.views.paper.frames import Colours, Layer
from jetexplore.views.paper.shown import frames
from jetexplore.views.state import Choice
from jetexplore.views.tools import Tools

RAISED = "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"
LOWERED = str.maketrans(RAISED, "-0123456789")
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module", autouse=True)
def bokeh():
    hv.extension("bokeh", logo=False)


def on_page(element, **options):
    """Draw an element as a page does, and give its pane."""
    pane = pn.pane.HoloViews(element, **options)
    pane.get_root()
    return pane


def on_paper(element):
    return sheet.drawn(frames(on_page(element)), "a title", ["where from"])


def density(seed=0):
    counts = np.random.default_rng(seed).poisson(0.7, (40, 60))
    return counts, plots.density(counts, (0.0, 0.1, 2.0, 0.9), ("MSE", "Wass(1) [rad]"))


def test_a_density_has_the_same_numbers_places_and_colours():
    counts, element = density()
    paper = on_paper(element * plots.mark(1.0, 0.5))
    axes, bar = paper.axes
    (image,) = axes.get_images()
    np.testing.assert_array_equal(np.ma.filled(image.get_array(), 0), counts)
    assert tuple(image.get_extent()) == pytest.approx((0.0, 2.0, 0.1, 0.9))
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("MSE", "Wass(1) [rad]")
    assert (image.norm.vmin, image.norm.vmax) == (1.0, counts.max())
    for value, place in ((1.0, 0), (float(counts.max()), -1)):
        colour = plots.palette(plots.DENSITY_PALETTE, 0)[place]
        np.testing.assert_allclose(image.to_rgba(np.array([[value]]))[0, 0], inks.rgba(colour)[0])
    assert image.to_rgba(np.ma.masked_invalid([[np.nan]]))[0, 0, 3] == 0
    (ring,) = axes.collections
    np.testing.assert_allclose(ring.get_offsets(), [(1.0, 0.5)])
    assert bar.get_title(loc="left") == "pairs"


def test_curves_have_the_same_points_dashes_and_names():
    rng = np.random.default_rng(1)
    background, signals = rng.normal(size=400), {"Top": rng.normal(1.5, 1, 200), "W": rng.normal(0.5, 1, 300)}
    curves = {name: anomaly.roc(background, some) for name, some in signals.items()}
    (axes,) = on_paper(rocplots.roc_curves(curves, "W", 0.4)).axes
    grid = np.linspace(0.01, 1.0, 199)
    for line, (name, curve) in zip(axes.get_lines(), curves.items(), strict=False):
        rejection = np.array([curve.rejection(value) for value in grid])
        kept = np.isfinite(rejection)
        np.testing.assert_allclose(line.get_xydata(), np.column_stack([grid, rejection])[kept])
        assert line.get_linewidth() == pytest.approx((3.5 if name == "W" else 1.5) * inks.POINT)
    words = [one.get_text() for one in axes.get_legend().get_texts()]
    assert words == [*(f"{name}: AUC {one.auc:.3f} ± {one.auc_error:.3f}" for name, one in curves.items()), "guessing"]
    assert axes.get_yscale() == "log"
    assert axes.get_xlim() == (0, 1)
    assert axes.get_xlabel() == "signal efficiency ε_S"  # an underscore is no formula


def test_jets_and_their_plan_have_the_same_numbers():
    view = JetsView(Choice(k=2, example=5))
    found = keys.shown("jets", view)
    assert [one.title for one in found] == [*view.examples.titles, *view.references.titles]
    for frame, name in zip(found, ("QCD", "Top", "W"), strict=False):
        shown, image = frame.layers[0].looks["image"][0], anomaly.images()[name][5].astype("<f4")
        np.testing.assert_array_equal(np.nan_to_num(shown), np.where(image >= plots.FAINTEST, image, 0))
    images = anomaly.images()["QCD"]
    plan = distances.optimal_plan(images[0], images[1], "Wass(1)")
    picture = planpicture.PlanPicture()
    picture.show(plan, "QCD", "a plan")
    segments, first, second = frames(picture)[0].layers
    cost = np.hypot(*(segments.looks[f"{one}1"] - segments.looks[f"{one}0"] for one in "xy")) @ plan.flow
    assert cost == pytest.approx(plan.distance, rel=1e-5)
    assert len(first.looks["x"]) == len(np.unique(plan.start.astype("<f4"), axis=0))
    assert second.looks["fill_alpha"] == 0


def test_what_is_zoomed_to_is_kept_and_what_is_hidden_left_out():
    counts, element = density()
    pane, other = on_page(element), on_page(element, visible=False)
    ((drawn, _),) = pane._plots.values()
    drawn.state.x_range.update(start=0.5, end=1.25)
    (frame,) = frames(pn.Column(pane, other, pn.Row(on_page(element), visible=False)))
    (axes, _) = sheet.drawn([frame], "", []).axes
    assert axes.get_xlim() == (0.5, 1.25)


@pytest.mark.parametrize("form", sheet.FORMS)
def test_a_file_is_whole_says_where_it_is_from_and_is_the_same_again(form):
    _, element = density()
    choice, shown = Choice(k=5, x="MAE"), frames(on_page(element))
    name, content = figure("pairs", "How far?", choice, shown, form)
    assert (name, content) == figure("pairs", "How far?", choice, shown, form)
    assert re.fullmatch(r"jetexplore-figures-pairs-QCD-MAE-[A-Za-z0-9_.-]+", name)
    assert name.endswith(form)
    told = [jets.provenance().key, jets.provenance(split="reference").key, to_query(choice)]
    if form == "png":
        image = Image.open(io.BytesIO(content))
        image.load()
        words = image.text["Description"]
    elif form == "svg":
        root = ET.fromstring(content)
        words = " ".join(root.itertext())
        pictures = [one for one in root.iter(f"{SVG}image")]
        assert len(pictures) == 2  # the density and its bar, not a shape a pixel
        assert len(list(root.iter(f"{SVG}path"))) < 500
        assert b"<text" not in content  # letters are shapes, the same without the font
    else:
        assert content.startswith(b"%PDF")
        assert content.rstrip().endswith(b"%%EOF")
        assert b"/FontFile2" in content  # fonts come along
        words = re.search(rb"/Subject \((.*?)\)\s*(/|>>)", content, re.DOTALL)[1]
        words = words.replace(b"\\", b"").decode("utf-16" if words.startswith(b"\xfe\xff") else "latin-1")
    assert b"CreationDate" not in content
    for one in told:
        assert one in words


def test_pages_are_drawn_as_ever_while_a_figure_is_made():
    _, element = density()
    shown = frames(on_page(element))

    def looks(number):
        curve = hv.Curve([(0, 1), (1, number)]).opts(color=plots.COLOURS["W"], line_width=number)
        glyph = hv.render(curve * plots.mark(0.5, number)).renderers[0].glyph
        return hv.Store.current_backend, glyph.line_color, glyph.line_width

    expected, renderers = [looks(number) for number in range(1, 9)], set(hv.Store.renderers)
    assert expected[2] == ("bokeh", plots.COLOURS["W"], 3)
    with ThreadPoolExecutor(2) as others:
        made = [others.submit(sheet.file, shown, form, "t", []) for form in ("svg", "svg")]
        seen = []
        while not all(one.done() for one in made):
            seen.append([looks(number) for number in range(1, 9)])
        assert [one.result() for one in made[:1]] == [one.result() for one in made[1:]]
    assert seen
    assert all(one == expected for one in seen)
    assert set(hv.Store.renderers) == renderers


def test_a_figure_is_never_drawn_without_one_of_its_parts():
    _, element = density()
    (frame,) = frames(on_page(element))
    unknown = frame._replace(layers=[*frame.layers, Layer(HexTile.__name__, {}, "")])
    with pytest.raises(InputError) as error:
        sheet.file([unknown], "png", "", [])
    assert error.value.code == "E_FIGURE"
    for wrong, form, code in (([], "png", "E_FIGURE"), ([frame], "gif", "E_FORM")):
        with pytest.raises(InputError) as error:
            sheet.file(wrong, form, "", [])
        assert error.value.code == code


@settings(max_examples=40, deadline=None)
@given(st.integers(-12, 12), st.integers(1, 9))
def test_a_tick_of_a_logarithmic_axis_can_be_read_back(exponent, front):
    written = axis.power(front * 10.0**exponent)
    number = re.sub(f"(?:(\\d+)·)?10([{RAISED}]+)", lambda m: f"{m[1] or 1}e{m[2].translate(LOWERED)}", written)
    assert float(number) == pytest.approx(front * 10.0**exponent)


def test_every_axis_has_ticks_that_are_named():
    for low, high in ((1.5e-5, 8e-5), (3.0, 9.0), (1.0, 1e6)):
        curve = hv.Curve([(0, low), (1, high)]).opts(logy=True, ylim=(low, high))
        (axes,) = on_paper(curve).axes
        shown = [axes.yaxis.get_major_formatter()(one) for one in axes.get_yticks() if low <= one <= high]
        assert len(shown) >= 2
        assert all(shown)


def test_colours_are_those_of_the_page():
    np.testing.assert_allclose(inks.rgba("rgba(0, 0, 0, 0)"), [[0, 0, 0, 0]])
    np.testing.assert_allclose(inks.rgba((255, 0, 51, 0.5), 0.5), [[1, 0, 0.2, 0.25]])
    np.testing.assert_allclose(inks.rgba(["#ff0000", "black"], [0.5, 1]), [[1, 0, 0, 0.5], [0, 0, 0, 1]])
    np.testing.assert_allclose(inks.rgba(None), [[0, 0, 0, 0]])
    table, norm = inks.colour_map(Colours(["#000000", "#ffffff"], 1.0, 100.0, True, "#171628"))
    assert norm(10.0) == pytest.approx(0.5)
    np.testing.assert_allclose(table(np.nan), inks.rgba("#171628")[0])


# ------------------------------------------------------------------------------------------------ the button


def press(tools, message, monkeypatch):
    sent, work = [], []
    monkeypatch.setattr(tools, "_send_msg", sent.append)
    monkeypatch.setattr("param.parameterized.async_executor", work.append)
    tools._handle_msg(message)
    for one in work:  # in another thread: an earlier test's event loop may run in this one
        with ThreadPoolExecutor(1) as other:
            other.submit(lambda one=one: asyncio.run(one())).result()
    return sent


def test_the_button_sends_the_figures_of_its_card(monkeypatch):
    choice = Choice(k=1)
    view = JetsView(choice)
    tools = Tools(choice, "jets", "What?", view)
    assert tools.forms == list(sheet.FORMS)
    (answer,) = press(tools, {"figure": "svg"}, monkeypatch)
    expected = figure("jets", "What?", choice, keys.shown("jets", view), "svg")
    assert (answer["name"], base64.b64decode(answer["content"])) == expected
    for wrong in ({"figure": "gif"}, {"figure": ["svg"]}, {"figure": None}):
        assert press(tools, wrong, monkeypatch) == []
    empty = Tools(choice, "scores", "What?", pn.Spacer())
    assert press(empty, {"figure": "pdf"}, monkeypatch) == [{"figure": "pdf", "failed": True}]
    assert "no figure" in choice.notices[-1]
    assert Tools(choice, WITHOUT[0], "Table", pn.Spacer()).forms == []
