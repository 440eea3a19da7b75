"""Every score of the library put to every check; what a score cannot promise is told here, with the reason."""

from __future__ import annotations

from functools import lru_cache, partial

import numpy as np
import pytest

from jetexplore import jets, models
from jetexplore.anomaly import baselines, labelfree, reconstruction, scores
from jetexplore.anomaly.checks import CHECKS, check_scorer
from jetexplore.anomaly.resonance.jetscores import JET_SCORES
from jetexplore.distances import METRICS, references
from jetexplore.errors import InputError
from jetexplore.files import digest

FLOAT32 = 1e-4  # rounding of a network
MANY = {"search PGAE density, transverse": 120, "network Mahalanobis": 400}  # background jets that it takes
SMALL = {
    "PseudoProng": {"prongs": (2,)},
    "ScaledW": {"n_reference": 20},
    "KernelMahalanobis": {"n_reference": 30, "q": 10},
    "WassKNN": {"references": 20},
}


@lru_cache
def some_jets():
    some = jets.load("sample", "reference")["QCD"]
    return some[:60], some[200:212]


@lru_cache
def untrained():
    return models.untrained(3)


_seen = {}


def seen_once(some, background):
    """Pass images through the network once for all scores but the first, which passes them anew at every check."""
    key = digest(some)
    if key not in _seen:
        _seen[key] = reconstruction.see(untrained(), some, background)
    return _seen[key]._replace(background=background)


def network(name, background):
    where = reconstruction.background_of(untrained(), jets.images(background))
    see = partial(reconstruction.see, untrained()) if name == "MSE" else seen_once
    return lambda some: reconstruction.SCORES[name](see(jets.images(some), where))


def ensemble(metric, background):
    lay = jets.images if METRICS[metric].inputs == "images" else lambda some: some
    chosen = lay(background[:4])
    return lambda some: scores.event_to_ensemble(lay(some), chosen, metric)


def label_free(name, background):
    return labelfree.fit(labelfree.SCORES, name, background, **SMALL.get(name, {}))


def baseline(name, background):
    average = references.average(jets.images(background))
    return lambda some: baselines.BASELINES[name](some, jets.images(some), average)


SCORERS = {
    **{f"network {name}": partial(network, name) for name in reconstruction.SCORES},
    **{f"ensemble {name}": partial(ensemble, name) for name in METRICS},
    **{f"label-free {name}": partial(label_free, name) for name in labelfree.SCORES},
    **{f"search {name}": score.fit for name, score in JET_SCORES.items() if name not in labelfree.SCORES},
    **{f"baseline {name}": partial(baseline, name) for name in baselines.BASELINES},
}

COUNTS = {"infrared": "counts particles, however soft and close"}
OBSERVABLES = {**COUNTS, "pT scale": "knows the mass in GeV"}
MASS = {"pT scale": "is in GeV"}
SPREAD = {"odd: rings and squares are unusual": "a sum of squares over pixels falls with the number that share the pT"}
CLOUD = {
    **COUNTS,
    "mirror": "the network was not made to be blind to it",
    "direction: boosted along the beam by 0.3": "the axis of a jet with mass has a pseudorapidity, which does not add",
    "direction: boosted along the beam by -0.4": "the same",
}
# Score, check or group of checks, why the score cannot promise it
EXCUSED = {
    "network Loss": SPREAD,
    "network MSE": SPREAD,
    "network Mahalanobis": dict.fromkeys(
        ("order", "infrared", "company", "ties"),
        "codes of random weights fill few dimensions, and the inverse covariance weighs up the rounding of the others",
    ),
    **{
        f"network Wass({p})": {"odd: rings and squares are unusual": "random weights reconstruct what is spread out"}
        for p in ("0.5", "1", "2", "5")
    },
    "ensemble MSE": SPREAD,
    "ensemble EMD": {
        **dict.fromkeys(("direction", "mirror", "pT scale"), "jets are compared where they are, in GeV"),
        "ties: jets that differ in phi alone": "the same",
        "fit: on background jets turned around the beam": "the same",
    },
    "label-free KernelMahalanobis": {
        "odd: rings and squares are unusual": "T^2 counts what varies among few references"
    },
    "label-free ObservablesKNN": OBSERVABLES,
    "label-free GaussianMixture": OBSERVABLES,
    "label-free PseudoProng": {"fit": "takes seconds; fitted alike twice by the tests of label-free scores"},
    "label-free isotropy": {"mirror": "the points of the disc it is compared with are not symmetric"},
    "label-free multiplicity": {**COUNTS, "odd: rings and squares are unusual": "four particles are few"},
    "label-free jet mass": MASS,
    "baseline jet mass": MASS,
    "search PGAE MSE": {
        **COUNTS,
        **dict.fromkeys(("direction", "mirror", "pT scale"), "sees px, py and pz in GeV, as the paper has it"),
        "ties: jets that differ in phi alone": "the same",
    },
    **dict.fromkeys(
        ("search PGAE MSE, transverse", "search PGAE EMD, relative", "search PGAE density, transverse"), CLOUD
    ),
}


@pytest.mark.parametrize("name", SCORERS)
def test_a_score_keeps_every_law(name):
    rounding = FLOAT32 if name.startswith(("network", "search")) else 1e-6
    background, some = some_jets()
    if name in MANY:
        background = jets.load("sample", "reference")["QCD"][: MANY[name]]
    failed = check_scorer(SCORERS[name], background, some, EXCUSED.get(name, ()), rounding)
    assert not failed, "\n".join(f"{check}: {why}" for check, why in failed.items())


def test_there_are_many_checks_and_scores():
    assert len(CHECKS) >= 60
    assert set(EXCUSED) <= set(SCORERS)
    assert len({name.split(":")[0] for name in CHECKS}) >= 10


BROKEN = {
    "order: particles reversed": lambda some: some.pt[some.offsets[:-1]],
    "direction: axis at phi = 0": lambda some: np.add.reduceat(np.abs(some.phi), some.offsets[:-1]),
    "company: seven at a time": lambda some: some.counts - some.counts.mean(),
    "company: no jets": lambda some: np.maximum(some.counts - some.counts.min(), 0.0),
    "output: floating-point numbers": lambda some: some.counts,
    "output: not all alike": lambda some: np.zeros(len(some)),
    "output: finite, one a jet": lambda some: np.where(some.counts > some.counts[0], np.nan, some.counts),
    "odd: one particle": lambda some: 1.0 / (some.counts - 1.0),
    "input: None": lambda some: np.zeros(3),
    "surroundings: random numbers of others": lambda some: np.random.random(len(some)),  # noqa: NPY002
    "surroundings: no warning": lambda some: np.log(some.counts - 1.0),
    "memory: asked again": lambda some: np.random.default_rng().random(len(some)),
    "pT scale: twice the pT": lambda some: some.momenta().pt,
}


@pytest.mark.parametrize("check", BROKEN)
def test_a_broken_score_is_found(check):
    background, some = some_jets()
    assert check in check_scorer(lambda _: BROKEN[check], background, some)


class Kept:
    """A score that returns its own memory, and one that changes the jets."""

    def __init__(self, background):
        self.scores = {}

    def __call__(self, some):
        return self.scores.setdefault(len(some.pt), some.counts.astype(float))


def greedy(some):
    some.pt[:] = np.sort(some.pt)
    return some.momenta().mass


def test_shared_memory_and_changed_jets_are_found():
    background, some = some_jets()
    assert "output: the caller's own" in check_scorer(Kept, background, some)
    assert "input: left as it was" in check_scorer(lambda _: greedy, background, some[np.arange(12)])


def test_what_cannot_be_checked_is_told():
    background, some = some_jets()
    for arguments, code in (((some[:9],), "E_TOO_FEW"), ((some, ["order: nonsense"]), "E_CHOICE")):
        with pytest.raises(InputError) as caught:
            check_scorer(SCORERS["baseline jet mass"], background, *arguments)
        assert caught.value.code == code


# scores of images


LAYOUTS = {
    "float32": lambda x: x.astype(np.float32).astype(np.float64),
    "big-endian": lambda x: x.astype(">f8"),
    "columns first": np.asfortranarray,
    "every second of a larger array": lambda x: np.repeat(x, 2, 0)[::2],
    "backwards": lambda x: x[::-1].copy()[::-1],
    "lists": lambda x: x.tolist(),
}
OF_IMAGES = {
    **{
        f"network {name}": lambda x, name=name: reconstruction.scores(untrained(), {"x": x}, [name])[name]["x"]
        for name in ("MSE", "MAE", "KLD", "Loss")
    },
    **{
        f"ensemble {name}": lambda x, name=name: scores.event_to_ensemble(x, jets.images(some_jets()[0][:3]), name)
        for name, metric in METRICS.items()
        if metric.inputs == "images"
    },
}


@pytest.mark.parametrize("name", OF_IMAGES)
def test_images_in_any_memory_give_the_same(name):
    score, x = OF_IMAGES[name], jets.images(some_jets()[1][:4])
    x.setflags(write=False)
    expected, before = score(x), x.tobytes()
    for layout, lay in LAYOUTS.items():
        np.testing.assert_allclose(score(lay(x)), expected, rtol=1e-5, atol=1e-12, err_msg=layout)
    assert x.tobytes() == before
    assert score(x[:0]).shape == (0,)


@pytest.mark.parametrize("name", OF_IMAGES)
def test_what_is_no_image_is_refused(name):
    x = jets.images(some_jets()[1][:2])
    spoilt = x.copy()
    spoilt[1, 20, 20] = np.nan
    for wrong in (x[0, 0], x[:, :20], x[:, :, :20], x[..., None], spoilt, x * np.inf, "images", None):
        with pytest.raises(InputError), np.errstate(invalid="ignore"):
            OF_IMAGES[name](wrong)
