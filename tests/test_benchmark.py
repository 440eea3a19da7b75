"""The benchmark measures what it says: peers solve the same pairs, clocks count calls, reports hide nothing."""

from __future__ import annotations

import getpass
import json
import platform
import re
import sys
import time
import types

import numpy as np
import pytest

from jetexplore import cli, distances, jets
from jetexplore.distances import benchmark, cases, firstcall, peers, scaling, suite
from jetexplore.distances.problems import Costs
from jetexplore.errors import InputError
from jetexplore.files import data_dir
from jetexplore.views import benchmarks as pictures

needs_wasserstein = pytest.mark.skipif(bool(peers.wasserstein_missing()), reason=peers.wasserstein_missing() or "-")


@pytest.fixture(scope="module")
def images(random_jets):
    return jets.images(random_jets(8, seed=3))


def two_points(x, y):
    """Images of one pixel each, so that every cost is known."""
    made = np.zeros((2, 40, 40))
    made[0][x] = made[1][y] = 1.0
    return made


@pytest.mark.parametrize("p", cases.POWERS)
def test_every_peer_gives_the_known_cost_of_two_pixels(p):
    (case,) = cases.image_cases("", two_points((20, 20), (23, 24)), powers=[p])
    i, j = cases.all_pairs(case)
    exact = pytest.approx((5 * 0.08) ** p, rel=1e-12)
    assert peers.each(peers.emd2, case.x, case.x, i, j, case.arcs)[0] == exact
    assert peers.each(peers.emd_c, case.x, case.x, i, j, case.fast_arcs)[0] == exact
    assert case.ours(i, j).cost[0] == exact
    if not peers.wasserstein_missing():
        assert peers.wasserstein_costs(case.x, None, p)()[0, 1] == exact


@needs_wasserstein
def test_wasserstein_package_between_two_stacks(images):
    (case,) = cases.image_cases("", images[:5], images[5:], powers=[2])
    i, j = cases.all_pairs(case)
    theirs = peers.wasserstein_costs(case.x, case.y, 2)()
    assert theirs.shape == (5, 3)
    assert theirs[i, j] == pytest.approx(case.ours(i, j).cost, rel=1e-10)


def test_arcs_of_pixels_from_the_table_are_those_between_the_points(images):
    (case,) = cases.image_cases("", images, powers=[0.5])
    a, b = (slice(*case.x.offsets[k : k + 2]) for k in (1, 4))
    assert case.fast_arcs(a, b) == pytest.approx(case.arcs(a, b), rel=1e-12)


def test_pairs_of_a_case_are_distinct_jets_or_all_with_each_reference(images):
    (case,) = cases.image_cases("", images, powers=[1])
    i, j = cases.all_pairs(case)
    assert len(i) == 28
    assert np.all(i < j)
    i, j = cases.drawn(case, 500, np.random.default_rng(0))
    assert np.all(i != j)
    assert set(i) == set(j) == set(range(8))
    (case,) = cases.image_cases("", images, images[:2], powers=[1])
    assert list(zip(*cases.all_pairs(case), strict=True)) == [(a, b) for a in range(8) for b in range(2)]


def test_particles_are_posed_as_the_energy_movers_distance(random_jets):
    some = random_jets(4, seed=5)
    (case,) = cases.cloud_cases("", some)
    axis = some.momenta()
    centred = jets.Jets(
        some.pt, some.eta - axis.eta[some.jet], jets.wrap(some.phi - axis.phi[some.jet]), some.offsets
    )  # fmt: skip
    i, j = cases.all_pairs(case)
    exact = distances.energy_movers(centred, centred, i, j, norm=True)
    assert case.ours(i, j).cost == pytest.approx(exact, rel=1e-12)
    assert peers.each(peers.emd2, case.x, case.x, i, j, case.arcs) == pytest.approx(exact, rel=1e-12)


def test_methods_take_turns_and_the_median_and_the_least_are_of_one_call():
    calls, now = [], [0.0]
    lengths = {"a": iter([9, 9, 1, 5, 2]), "b": iter([9, 9, 3, 3, 3])}

    def method(name):
        calls.append(name)
        now[0] += next(lengths[name])
        return name * 2

    methods = {name: lambda name=name: method(name) for name in "ab"}
    found = benchmark.interleaved(methods, 3, clock=lambda: now[0])
    assert "".join(calls) == "aabb" + "ab" * 3
    assert found == {"a": ("aa", 2, 1), "b": ("bb", 3, 3)}


def test_short_calls_are_repeated_and_their_time_divided():
    now, calls = [0.0], []

    def short():
        now[0] += benchmark.LEAST / 10
        calls.append(1)

    found = benchmark.interleaved({"": short}, 2, clock=lambda: now[0])
    assert len(calls) == 2 + 2 * 10
    assert found[""].least == pytest.approx(benchmark.LEAST / 10)


def test_rows_say_what_they_measured(images):
    posed = cases.image_cases("some", images, powers=(0.5, 2))
    rows = benchmark.benchmark_transport(posed, rounds=1)
    assert [(row["jets"], row["p"], row["pairs"]) for row in rows] == [("some", 0.5, 28), ("some", 2, 28)]
    for row in rows:
        assert row["error"] < 1e-12
        assert row["gap"] < 1e-12
        assert row["fallbacks"] == 0
        assert row["pixels"][0] == pytest.approx(np.diff(posed[0].x.offsets)[np.triu_indices(8, 1)[0]].mean())
        for peer in ("_emd2", "_emd_c") + ("_wasserstein",) * (not peers.wasserstein_missing()):
            assert row[f"ratio{peer}"] == pytest.approx(row[f"us{peer}"] / row["us"])
            assert row[f"ratio{peer}_min"] == pytest.approx(row[f"us{peer}_min"] / row["us_min"])


def spoilt(case):
    """The case, with one cost, one dual value and one fallback that are not right."""

    def ours(i, j):
        found = case.ours(i, j)
        cost, dual = found.cost.copy(), found.dual.copy()
        cost[0] *= 1.001
        dual[-1] *= 0.99
        return Costs(cost, dual, found.pivots, found.error, 1)

    return case._replace(ours=ours)


def test_a_wrong_cost_a_gap_and_a_fallback_are_seen(images):
    wrong = [spoilt(case) for case in cases.image_cases("", images, powers=[1])]
    (row,) = benchmark.benchmark_transport(wrong, rounds=1)
    assert row["error"] == pytest.approx(1e-3, rel=1e-6)
    assert row["gap"] == pytest.approx(1e-2, rel=1e-6)
    assert row["fallbacks"] == 1
    (row,) = benchmark.certify(wrong, 20, pot=1)
    assert (row["pairs"], row["compared"], row["fallbacks"]) == (20, 20, 1)
    assert row["error"] == pytest.approx(1e-3, rel=1e-2)
    assert row["gap"] == pytest.approx(1e-2, rel=1e-6)


def test_certificates_count_the_pairs_and_the_part_solved_again(images, monkeypatch):
    monkeypatch.setattr(benchmark, "CHUNK", 8)
    rows = benchmark.certify(cases.image_cases("", images, powers=(1, 5)), 40, pot=0.25)
    assert [(row["pairs"], row["compared"]) for row in rows] == [(20, 5), (20, 5)]
    assert all(row["error"] < 1e-12 and row["gap"] < 1e-12 for row in rows)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda x: cases.image_cases("", x[:1]),
        lambda x: cases.image_cases("", x[:0], x),
        lambda x: cases.image_cases("", x, x[:0]),
        lambda x: benchmark.interleaved({"": time.time}, 0),
        lambda x: benchmark.certify(cases.image_cases("", x), 0),
        lambda x: benchmark.certify(cases.image_cases("", x), 10, pot=1.5),
        lambda x: suite.run(["kernel", "speed"]),
        lambda x: pictures.save({"kernel": []}, "nowhere"),
    ],
)
def test_wrong_input_is_told(images, wrong):
    with pytest.raises(InputError):
        wrong(images)


def test_nearest_medoids_are_those_of_all_pairs_and_solves_are_counted(images):
    rows = scaling.by_references(images, images[:6], k=(1, 3), powers=(1, 2), rounds=1)
    assert [(row["p"], row["k"], row["wanted"]) for row in rows] == [
        (1, 1, "min"), (1, 1, "argmin"), (1, 3, "min"), (1, 3, "argmin"), (2, 1, "min"), (2, 3, "min"),
    ]  # fmt: skip
    for row in rows:
        assert row["different"] == 0
        assert 0 <= row["solved"] <= 1
        assert row["ratio"] == pytest.approx(row["us_brute"] / row["us"])


def test_a_wrong_neighbour_is_counted(images, monkeypatch):
    true = scaling.nearest

    def wrong(*args, **options):
        found = true(*args, **options)
        found.index[2], found.distance[3:5] = found.index[2] + 1, 0.5
        return found

    monkeypatch.setattr(scaling, "nearest", wrong)
    rows = scaling.by_references(images, images[:6], k=(3,), powers=(1,), rounds=1)
    assert {row["wanted"]: row["different"] for row in rows} == {"min": 2, "argmin": 1}


def test_threads_pixels_and_jets(images):
    rows = scaling.by_threads(images, counts=(1, 2), rounds=1)
    assert [(row["threads"], row["pairs"]) for row in rows] == [(1, 28), (2, 28)]
    assert rows[0]["speedup"] == 1
    rows = scaling.by_pixels((8, 400), powers=(1,), rounds=1)
    assert [(row["pixels"], row["pairs"]) for row in rows] == [(8, 45), (400, 3)]
    rows = scaling.by_jets(images, (4, 8), most=4, counts=(1,), rounds=1)
    assert {(row["jets"], row["method"]) for row in rows} >= {(4, "jetexplore"), (8, "jetexplore"), (4, "ot.emd2")}
    assert (8, "ot.emd2") not in {(row["jets"], row["method"]) for row in rows}


def test_first_call_of_a_new_process(images):
    (row,) = firstcall.first_call(images, empty=False)
    assert (row["cache"], row["pairs"]) == ("as found", 28)
    assert min(row["imports"], row["pot"], row["plan"], row["condensed"], row["again"]) > 0
    assert row["compiled"] > row["imports"] + row["pot"] + row["plan"] + row["condensed"]
    assert row["cpu"] > 0


def test_a_new_process_that_fails_is_told(images, monkeypatch):
    monkeypatch.setattr(firstcall, "CHILD", "raise SystemExit('no way')")
    with pytest.raises(ChildProcessError, match="no way"):
        firstcall.first_call(images, empty=False)


def test_tiles_on_a_cluster():
    pytest.importorskip("distributed")
    x = jets.images(jets.load("sample")["QCD"][:12])
    rows = scaling.by_tiles(x, (6,), workers=1, rounds=1)
    ways = [(row["way"], row["tile"], row["tiles"]) for row in rows]
    assert ways == [("cluster start", None, None), ("memory", None, None), ("threads", 6, 3), ("dask", 6, 3)]
    assert rows[1]["overhead"] == 0
    assert all(row["cpu"] > 0 for row in rows[1:])


def test_the_average_has_more_than_a_thousand_pixels():
    posed = suite.average_cases(2)
    assert sorted({len(case.y.mass) >= suite.LARGE for case in posed}) == [False, True]
    assert {case.jets for case in posed} == {"QCD x average, 3.2 rad", "QCD x average, 2 rad"}


def test_committed_truth_jets():
    some, told = jets.read_jets(data_dir() / "sample" / "QCD_truth.npz")
    assert (len(some), told["detector"], told["simulated"], told["process"]) == (400, False, True, "QCD")
    detected = jets.load("sample")["QCD"]
    assert some.counts.mean() > 1.5 * detected.counts.mean()


def test_the_command_measures_and_reports(tmp_path, capsys):
    file, folder = tmp_path / "bench.json", tmp_path / "pictures"
    words = ["bench", "transport", "--quick", "--quiet", "--only", "kernel,nearest,threads", "--certify", "14"]
    assert cli.main([*words, "--pot", "1", "--json", str(file), "--plots", str(folder)]) == 0
    said, record = capsys.readouterr().out, json.loads(file.read_text())
    assert list(record["tables"]) == ["kernel", "nearest", "threads", "pixels", "jets", "certify"]
    for name in record["tables"]:
        assert f"\n{name}: " in said
    assert {row["jets"] for row in record["tables"]["kernel"]} == {
        "QCD", "Top", "QCD truth", "QCD particles", "QCD truth particles", "QCD x average, 3.2 rad",
        "QCD x average, 2 rad",
    }  # fmt: skip
    assert {row["p"] for row in record["tables"]["kernel"]} == {0.5, 1, 2, 5}
    assert sum(row["compared"] for row in record["tables"]["certify"]) == 14
    assert record["versions"]["numba"]
    assert {"processor", "processors"} <= set(record["machine"])
    assert sorted(path.name for path in folder.iterdir()) == [
        "time_by_jets.png", "time_by_jets.svg", "time_by_pixels.png", "time_by_pixels.svg",
    ]  # fmt: skip


def test_nothing_private_is_in_the_record():
    told = json.dumps(suite.run(["threads"], suite.QUICK))
    assert f'"{platform.node()}' not in told
    assert f'"{getpass.getuser()}"' not in told
    assert not re.search(r'"(/|[A-Z]:)', told)


@pytest.fixture
def without_wasserstein(monkeypatch):
    peers.wasserstein_missing.cache_clear()
    yield lambda module: monkeypatch.setitem(sys.modules, "wasserstein", module)
    monkeypatch.undo()
    peers.wasserstein_missing.cache_clear()


@pytest.mark.parametrize("module", [None, types.ModuleType("wasserstein")])
def test_a_missing_or_empty_wasserstein_package_is_told_and_leaves_cells_empty(module, without_wasserstein, images):
    without_wasserstein(module)
    (row,) = benchmark.benchmark_transport(cases.image_cases("", images, powers=[1]), rounds=1)
    assert row["us_wasserstein"] is row["ratio_wasserstein"] is row["error_wasserstein"] is None
    assert suite.table([row]).splitlines()[1].split().count("-") == 4
    quick = suite.QUICK._replace(pixels=(8,), numbers=(3,))
    record = suite.run(["size"], quick)
    assert len(record["notes"]) == 1
    assert "\n" not in record["notes"][0]
    assert record["notes"][0] in suite.text(record).splitlines()
    assert {row["method"] for row in record["tables"]["jets"]} == {"jetexplore", "ot.emd2"}


def test_without_distributed_the_other_sections_are_measured(monkeypatch):
    monkeypatch.setattr(suite, "find_spec", lambda name: None)
    record = suite.run(["dask", "threads"], suite.QUICK)
    assert list(record["tables"]) == ["threads"]
    assert any("distributed" in note for note in record["notes"])
