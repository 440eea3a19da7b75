"""Preprocessing step by step: pixelating its last step gives the images, and each step does what its name says."""

from __future__ import annotations

import numpy as np
import pytest

from jetexplore import jets
from jetexplore.errors import InputError
from jetexplore.jets import alignment


def pixelated(some, npix=40, width=3.2):
    """Slow readable twin of the last step: sort the aligned constituents into pixels."""
    images = np.zeros((len(some), npix, npix))
    column, row = (np.ceil(side * npix / width - 0.5).astype(int) + npix // 2 for side in (some.eta, some.phi))
    inside = (row >= 0) & (row < npix) & (column >= 0) & (column < npix)
    np.add.at(images, (some.jet[inside], row[inside], column[inside]), some.pt[inside])
    return images / images.sum(axis=(1, 2), keepdims=True)


def mean(some, values):
    return np.bincount(some.jet, some.pt * values) / np.bincount(some.jet, some.pt)


@pytest.mark.parametrize("name", ["QCD", "Top", "W"])
def test_pixelated_it_is_the_image(name):
    some = jets.load()[name][:1000]
    np.testing.assert_allclose(pixelated(alignment.aligned(some)), jets.images(some), atol=1e-6)


def test_across_the_end_of_phi(random_jets):
    some = random_jets(200, seed=3, axis_phi=np.pi)
    np.testing.assert_allclose(pixelated(alignment.aligned(some)), jets.images(some), atol=1e-6)


def test_each_step_does_what_it_says(random_jets):
    some = random_jets(100, seed=4)
    for step in alignment.STEPS:
        now = alignment.aligned(some, step)
        np.testing.assert_allclose([mean(now, now.eta), mean(now, now.phi)], 0, atol=1e-12)
        np.testing.assert_array_equal(now.pt, some.pt)
        if step != "centred":
            np.testing.assert_allclose(mean(now, now.eta * now.phi), 0, atol=1e-12)
            assert np.all(mean(now, now.phi**2) >= mean(now, now.eta**2))
    assert min(mean(now, np.sign(now.eta)).min(), mean(now, np.sign(now.phi)).min()) >= 0


def test_aligned_again_changes_nothing(random_jets):
    once = alignment.aligned(random_jets(100, seed=5))
    again = alignment.aligned(once)
    np.testing.assert_allclose([again.eta, again.phi], [once.eta, once.phi], atol=1e-9)


def test_no_jets_and_one_constituent():
    one = jets.Jets([5.0], [1.0], [2.0], [0, 1])
    assert len(alignment.aligned(one[:0])) == 0
    assert alignment.aligned(one).eta.tolist() == alignment.aligned(one).phi.tolist() == [0.0]


def test_unknown_step():
    with pytest.raises(InputError, match="unknown step 'turned'; allowed: centred, rotated, flipped") as caught:
        alignment.aligned(jets.Jets([5.0], [1.0], [2.0], [0, 1]), "turned")
    assert caught.value.code == "E_STEP"
