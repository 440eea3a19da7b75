"""Images: equal to energyflow's and to a slow readable twin, and unchanged by what must not matter."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jetexplore import jets
from jetexplore.errors import InputError

CLOSE = {"rtol": 0, "atol": 1e-6}


def twin(jet, npix=40, width=3.2):
    """One jet, as the text says: centre, rotate, flip, pixelate, normalise."""
    share = jet.pt / jet.pt.sum()
    phi = np.angle(np.exp(1j * (jet.phi - jet.phi[jet.pt.argmax()])))
    place = np.stack([jet.eta, phi], axis=1)
    place -= share @ place
    _, axes = np.linalg.eigh((share * place.T) @ place)  # minor, major
    place = place @ axes
    place *= [-1 if share[x > 0].sum() < share[x < 0].sum() else 1 for x in place.T]
    column, row = (np.ceil(place / (width / npix) - 0.5).astype(int) + npix // 2).T
    inside = (row >= 0) & (row < npix) & (column >= 0) & (column < npix)
    image = np.zeros((npix, npix))
    np.add.at(image, (row[inside], column[inside]), share[inside])
    return image / image.sum()


def energyflow_chain(jet):
    import energyflow as ef
    from energyflow.utils import pixelate

    event = np.stack([jet.pt, jet.eta, jet.phi], axis=1)
    event[:, 2] = ef.phi_fix(event[:, 2], phi_ref=event[event[:, 0].argmax(), 2])
    event = ef.center_ptyphims(event, center="ptscheme")
    event = ef.reflect_ptyphims(ef.rotate_ptyphims(event))
    return pixelate(event, npix=40, img_width=3.2)[..., 0]


def changed(some, pt=None, eta=None, phi=None):
    return jets.Jets(
        *(old if new is None else new for old, new in zip((some.pt, some.eta, some.phi), (pt, eta, phi), strict=True)),
        some.offsets,
    )


def straddling(some):
    return sum(np.ptp(some.phi[a:b]) > np.pi for a, b in zip(some.offsets[:-1], some.offsets[1:], strict=True))


def test_equal_to_energyflow_on_random_jets(random_jets):
    some = jets.concatenate(
        [random_jets(600, seed=1), random_jets(300, seed=2, axis_phi=np.pi), random_jets(300, seed=3, axis_phi=-3.1)]
    )
    assert straddling(some) > 400
    np.testing.assert_allclose(jets.images(some), [energyflow_chain(some[i]) for i in range(len(some))], **CLOSE)


@pytest.mark.parametrize("name", ["QCD", "Top", "W"])
def test_equal_to_energyflow_on_the_sample(name):
    some = jets.load("sample")[name][:500]
    axis = some.momenta().phi[some.jet]
    there = changed(some, phi=jets.wrap(some.phi - axis + np.pi))  # the same jets across the branch
    assert straddling(there) > 450
    expected = [energyflow_chain(some[i]) for i in range(len(some))]
    np.testing.assert_allclose(jets.images(some), expected, **CLOSE)
    np.testing.assert_allclose(jets.images(there), expected, **CLOSE)


@pytest.mark.parametrize(("npix", "width"), [(40, 3.2), (40, 2.0), (33, 3.2), (16, 4.0), (1, 8.0), (2, 6.4)])
def test_equal_to_slow_twin(random_jets, npix, width):
    some = random_jets(150, seed=4)
    made = jets.images(some, npix, width)
    np.testing.assert_allclose(made, [twin(some[i], npix, width) for i in range(len(some))], **CLOSE)
    assert made.shape == (150, npix, npix)


def test_unit_sum_not_negative_float32(random_jets):
    made = jets.images(random_jets(200, seed=5))
    assert made.dtype == np.float32
    assert made.min() == 0
    np.testing.assert_allclose(made.sum(axis=(1, 2), dtype=np.float64), 1, rtol=1e-6)


@given(st.floats(-20, 20))
def test_shift_in_phi(random_jets, angle):
    some = random_jets(5, seed=6)
    np.testing.assert_allclose(jets.images(changed(some, phi=some.phi + angle)), jets.images(some), **CLOSE)


@given(st.floats(-3, 3))
def test_shift_in_eta(random_jets, shift):
    some = random_jets(5, seed=7)
    np.testing.assert_allclose(jets.images(changed(some, eta=some.eta + shift)), jets.images(some), **CLOSE)


@given(st.floats(-np.pi, np.pi))
def test_rotation(random_jets, angle):
    some = random_jets(5, seed=8, axis_eta=0.3, axis_phi=0.2)
    cos, sin = np.cos(angle), np.sin(angle)
    turned = changed(some, eta=cos * some.eta - sin * some.phi, phi=sin * some.eta + cos * some.phi)
    np.testing.assert_allclose(jets.images(turned), jets.images(some), **CLOSE)


@pytest.mark.parametrize("axis", ["eta", "phi"])
def test_mirror(random_jets, axis):
    some = random_jets(100, seed=9)
    np.testing.assert_allclose(jets.images(changed(some, **{axis: -getattr(some, axis)})), jets.images(some), **CLOSE)


def test_permutation_of_constituents(random_jets, rng):
    some = random_jets(100, seed=10)
    order = np.lexsort([rng.random(len(some.pt)), some.jet])
    shuffled = changed(some, some.pt[order], some.eta[order], some.phi[order])
    np.testing.assert_allclose(jets.images(shuffled), jets.images(some), **CLOSE)


@pytest.mark.parametrize("order", [[0, 1, 2], [1, 0, 2], [2, 1, 0]])
def test_azimuths_are_on_the_branch_of_the_hardest(order):
    # The soft ones are 3.4 apart: seen from one of them, the other would be on the wrong side
    pt, eta, phi = np.array([[1.0, 0.0, 1.7], [98.0, 0.0, 0.0], [1.0, 0.0, -1.6]])[order].T
    image = jets.images(jets.Jets(pt, eta, phi, [0, 3]), npix=5, width=5.0)[0]
    np.testing.assert_allclose(image[:, 2], [0.01, 0, 0.98, 0, 0.01], atol=1e-6)


@given(st.floats(1e-6, 1e3))
def test_scale_of_pt(random_jets, scale):
    some = random_jets(3, seed=11)
    np.testing.assert_allclose(jets.images(changed(some, pt=some.pt * scale)), jets.images(some), **CLOSE)


def test_each_jet_on_its_own(random_jets):
    some = random_jets(20, seed=12)
    made = jets.images(some)
    np.testing.assert_array_equal(jets.images(some[[7, 3]]), made[[7, 3]])


@pytest.mark.parametrize("pt", [1e-300, 1e-50, 1.0, 1e6])
@pytest.mark.parametrize("npix", [1, 2, 33, 40])
def test_one_constituent_is_one_pixel(pt, npix):
    image = jets.images(jets.Jets([pt], [2.3], [-3.0], [0, 1]), npix)[0]
    assert np.argwhere(image).tolist() == [[npix // 2, npix // 2]]
    assert image.max() == 1


def test_all_at_one_place():
    image = jets.images(jets.Jets([5.0, 3.0, 2.0], [0.5] * 3, [1.0] * 3, [0, 3]))[0]
    assert image[20, 20] == pytest.approx(1, abs=1e-6)
    assert np.count_nonzero(image) == 1


def test_principal_axis_is_vertical_and_hardest_side_up():
    # 55 GeV at +0.45, 45 GeV at -0.55 of the centroid, whatever the direction
    for angle in np.linspace(0.1, 6.2, 17):
        eta, phi = np.array([0.0, 1.0]) * np.cos(angle), np.array([0.0, 1.0]) * np.sin(angle)
        image = jets.images(jets.Jets([55.0, 45.0], eta, phi, [0, 2]))[0]
        np.testing.assert_allclose(image[[26, 13], [20, 20]], [0.55, 0.45], rtol=1e-6)


def test_pt_outside_the_window_is_told():
    jet = jets.Jets([90.0, 10.0], [0.0, 3.0], [0.0, 0.0], [0, 2])  # at 0.3 and 2.7 of the centroid
    image, kept = jets.images_and_kept(jet)
    assert kept[0] == pytest.approx(0.9)
    assert image.sum() == pytest.approx(1)
    assert jets.images_and_kept(jet, width=6.4)[1][0] == pytest.approx(1)


def test_nothing_in_the_window_is_a_zero_image_and_an_error():
    some = jets.Jets([5.0, 50.0, 50.0], [0.0, 0.0, 4.0], [0.0, 0.0, 0.0], [0, 1, 3])
    made, kept = jets.images_and_kept(some)
    assert kept.tolist() == [1, 0]
    assert not made[1].any()
    with pytest.raises(InputError, match="jet 1 with 0% of its pT") as raised:
        jets.images(some)
    assert raised.value.code == "E_WINDOW"


def test_width_only_chooses_the_window(random_jets):
    some = random_jets(20, seed=13)
    wide, narrow = jets.images(some, 40, 3.2), jets.images(some, 20, 1.6)  # the same pixels
    part = wide[:, 10:30, 10:30]
    np.testing.assert_allclose(narrow, part / part.sum(axis=(1, 2), keepdims=True), rtol=1e-5, atol=1e-7)


def test_each_jet_may_have_a_width_of_its_own(random_jets):
    some, widths = random_jets(6, seed=14), np.array([1.0, 3.2, 2.0, 1.7, 0.4, 6.0])
    made, kept = jets.images_and_kept(some, width=widths)
    for n, width in enumerate(widths):
        image, inside = jets.images_and_kept(some[n : n + 1], width=width)
        np.testing.assert_array_equal(made[n], image[0])
        assert kept[n] == inside[0]


@pytest.mark.parametrize("widths", [np.ones(2), np.array([1.0, np.nan, 1.0]), np.array([1.0, 0.0, 1.0])])
def test_widths_that_cannot_be_are_refused(random_jets, widths):
    with pytest.raises(InputError) as raised:
        jets.images_and_kept(random_jets(3), width=widths)
    assert raised.value.code == "E_WIDTH"


def test_remapped_images_are_powers_of_unit_sum(random_jets):
    images = jets.images(random_jets(5))
    made = jets.remapped(images, 0.5)
    np.testing.assert_allclose(made, np.sqrt(images) / np.sqrt(images).sum((1, 2), keepdims=True), rtol=1e-5)
    np.testing.assert_allclose(jets.remapped(made, 2.0), images, rtol=1e-4)
    assert jets.remapped(images, 1) is images


@pytest.mark.parametrize("power", [0, -1, np.nan, np.inf, "2", None])
def test_powers_that_cannot_be_are_refused(power):
    with pytest.raises(InputError) as raised:
        jets.remapped(np.ones((1, 2, 2)), power)
    assert raised.value.code == "E_RANGE"


def test_no_jets():
    assert jets.images(jets.Jets([], [], [], [0])).shape == (0, 40, 40)


BAD_GRID = [
    ({"npix": 0}, "E_NPIX"),
    ({"npix": -4}, "E_NPIX"),
    ({"npix": 1001}, "E_NPIX"),
    ({"npix": 40.0}, "E_NPIX"),
    ({"npix": True}, "E_NPIX"),
    ({"npix": "40"}, "E_NPIX"),
    ({"npix": None}, "E_NPIX"),
    ({"width": 0}, "E_WIDTH"),
    ({"width": -3.2}, "E_WIDTH"),
    ({"width": float("nan")}, "E_WIDTH"),
    ({"width": float("inf")}, "E_WIDTH"),
    ({"width": "3.2"}, "E_WIDTH"),
    ({"width": None}, "E_WIDTH"),
]


@pytest.mark.parametrize(("grid", "code"), BAD_GRID)
def test_bad_grid(random_jets, grid, code):
    for function in (jets.images, jets.images_and_kept):
        with pytest.raises(InputError) as raised:
            function(random_jets(1), **grid)
        assert raised.value.code == code
    with pytest.raises(InputError) as raised:
        jets.pixel_centres(**grid)
    assert raised.value.code == code


@given(st.lists(st.tuples(st.floats(5e-324, 1e6), st.floats(-1.0, 1.0), st.floats(-9, 9)), min_size=1, max_size=6))
def test_any_jet_gives_a_whole_image_or_one_sentence(constituents):
    pt, eta, phi = np.array(constituents).T
    jet = jets.Jets(pt, eta, phi, [0, len(pt)])
    made, kept = jets.images_and_kept(jet)
    assert np.isfinite(made).all()
    assert 0 <= kept[0] <= 1 + 1e-12
    if kept[0] >= 0.5:
        assert jets.images(jet).sum(dtype=np.float64) == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize(("npix", "width"), [(40, 3.2), (33, 2.0), (1, 1.0)])
def test_pixel_centres(npix, width):
    centres = jets.pixel_centres(npix, width)
    assert centres[npix // 2] == 0
    np.testing.assert_allclose(np.diff(centres), width / npix)


def test_bright_pixels():
    images = np.zeros((2, 10, 10))
    images[0, 0, :4] = 0.25
    images[1, 0, :2] = 0.5
    images[1, 1, 1] = 0.01  # not above 0.01
    counted = jets.bright_pixels(images)
    assert (counted.mean, counted.std) == (3.0, 1.0)
    assert jets.bright_pixels(images, 0.3) == (1.0, 1.0)


@pytest.mark.parametrize("something", [{}, np.zeros((1, 40, 40)), None])
def test_images_of_something_else(something):
    with pytest.raises(InputError) as raised:
        jets.images(something)
    assert raised.value.code == "E_INPUTS"


@pytest.mark.parametrize("something", [np.zeros((40, 40)), np.zeros((0, 40, 40)), 1.0])
def test_bright_pixels_of_something_else(something):
    with pytest.raises(InputError) as raised:
        jets.bright_pixels(something)
    assert raised.value.code == "E_SHAPE"
