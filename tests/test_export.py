"""A file holds the numbers of the library, to the last bit, and says where they come from."""

from __future__ import annotations

import asyncio
import base64
import gzip
import io
import re
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy.integrate import trapezoid

from jetexplore import anomaly, distances, jets
from jetexplore.anomaly import graphstudy, networkscores, plane, table2, table2study
from jetexplore.anomaly.ensembles import cluster_sizes
from jetexplore.anomaly.resonance.search import search_counts
from jetexplore.errors import InputError
from jetexplore.views import origin
from jetexplore.views.address import DEFAULTS, from_query, to_query
from jetexplore.views.export import dijets, files
from jetexplore.views.export.files import file, provenance
from jetexplore.views.export.offers import EXPORTS
from jetexplore.views.state import Choice
from jetexplore.views.tools import Tools

ALL = {f"{anchor} {one.stem}": one for anchor, some in EXPORTS.items() for one in some}
BY_STEM = {one.stem: one for one in ALL.values()}


def text_of(name, content):
    return (gzip.decompress(content) if name.endswith(".gz") else content).decode()


def read(stem, **selections):
    """Write a file and read it as a person would."""
    name, content = file(BY_STEM[stem], Choice(**selections))
    packed = "gzip" if name.endswith(".gz") else None
    return pd.read_csv(io.BytesIO(content), comment="#", compression=packed, float_precision="round_trip")


def test_files_have_different_names_and_each_names_selections_that_exist():
    assert len(BY_STEM) == len(ALL)
    for one in ALL.values():
        assert set(one.names) <= set(DEFAULTS)
        assert one.told
        assert not one.told.endswith(".")


def test_the_first_lines_say_where_the_numbers_come_from():
    choice = Choice(k=2, metric="MAE", signal="W")
    name, content = file(BY_STEM["roc"], choice)
    head = [line for line in content.decode().splitlines() if line.startswith("#")]
    assert head == [f"# {line}" for line in provenance(BY_STEM["roc"], choice)]
    told = "\n".join(head)
    assert jets.provenance().key in told
    assert jets.provenance(split="reference").key in told
    assert "simulated here" in told
    (address,) = re.findall(r"# selections: (\?.*)", told)
    assert from_query(address) == ({"k": 2, "metric": "MAE", "signal": "W"}, [])
    assert to_query(choice) == address
    assert content.decode().splitlines()[len(head)] == "signal,threshold,signal_efficiency,background_efficiency"
    assert name == "jetexplore-roc-QCD-MAE-medoids-2-min.csv"


@pytest.mark.parametrize("selections", [{}, {"kind": "average", "reference": "Top", "metric": "MAE"}])
def test_scores_and_curves(selections):
    choice = Choice(**selections)
    chosen = choice.reference, choice.metric, choice.kind, choice.k, choice.combine
    scores, rocs = read("scores", **selections), read("roc", **selections)
    for name, expected in anomaly.sample_scores(*chosen).items():
        mine = scores[scores["class"] == name]
        np.testing.assert_array_equal(mine["score"].to_numpy(expected.dtype), expected)
        np.testing.assert_array_equal(mine["jet"], np.arange(len(expected)))
    for name, expected in anomaly.sample_rocs(*chosen).items():
        mine = rocs[rocs["signal"] == name]
        area = trapezoid(mine["signal_efficiency"], mine["background_efficiency"])
        assert area == pytest.approx(expected.auc, abs=1e-4)
        np.testing.assert_array_equal(mine["background_efficiency"], expected.background_efficiency)


def test_all_pairs_are_packed_and_the_same_every_time():
    choice = Choice(x="Wass(1)", y="MSE")
    name, content = file(BY_STEM["pairs"], choice)
    assert name == "jetexplore-pairs-QCD-Wass1-MSE.csv.gz"
    assert file(BY_STEM["pairs"], choice)[1] == content
    found = pd.read_csv(io.BytesIO(content), comment="#", compression="gzip", float_precision="round_trip")
    assert len(found) == 499_500
    np.testing.assert_array_equal(found["y_MSE"].to_numpy(np.float32), anomaly.pairs("QCD", "MSE"))
    np.testing.assert_array_equal(found["x_Wass(1)"].to_numpy(np.float32), anomaly.pairs("QCD", "Wass(1)"))
    for i, j in ((0, 1), (3, 141), (998, 999)):
        assert found.loc[distances.pair_index(i, j, 1000), ["i", "j"]].tolist() == [i, j]


def test_the_plan_moves_one_jet_onto_the_other_at_its_cost():
    found = read("plan", pair=(3, 141), y="Wass(2)", sample="W")
    assert found["fraction"].sum() == pytest.approx(1)
    images = anomaly.images()["W"]
    cost = distances.paired(images[3:4], images[141:142], "Wass(2)")[0]
    assert np.sqrt((found["fraction"] * found["cost"]).sum()) == pytest.approx(cost, rel=1e-6)
    away = (found["eta_to"] - found["eta"]) ** 2 + (found["phi_to"] - found["phi"]) ** 2
    np.testing.assert_allclose(away, found["cost"], atol=1e-12)


@pytest.mark.parametrize("stem", ["pictures", "events"])
def test_pictures_give_the_images_back(stem):
    found = read(stem, k=2, example=5)
    centres = jets.pixel_centres()
    images = []
    for _, some in found.groupby("picture", sort=False):
        image = np.zeros((40, 40))
        row = np.abs(some["phi"].to_numpy()[:, None] - centres).argmin(1)  # rows run along phi, as in a plan
        column = np.abs(some["eta"].to_numpy()[:, None] - centres).argmin(1)
        image[row, column] = some["fraction"]
        images.append(image)
    events = [
        anomaly.reference_images("QCD", kind="average")[0],
        *anomaly.reference_images("QCD", "Wass(1)", "medoids", 2),
    ]
    shown = [anomaly.images()[name][5] for name in ("QCD", "Top", "W")] if stem == "pictures" else []
    np.testing.assert_array_equal(images, [*shown, *events])


def test_axes_of_pictures_and_plans_agree():
    picture, plan = read("pictures", example=3), read("plan", pair=(3, 141))
    some = picture[picture["picture"] == "QCD jet 3"]
    left = plan.groupby([plan["eta"].round(6), plan["phi"].round(6)])["fraction"].sum()
    for eta, phi, fraction in zip(some["eta"].round(6), some["phi"].round(6), some["fraction"], strict=True):
        assert left[eta, phi] == pytest.approx(fraction, abs=1e-7)


def test_medoids_for_every_k():
    found = read("medoids", metric="MAE", reference="Top")
    expected = anomaly.ensemble("Top", "MAE")
    for k, some in found.groupby("k"):
        assert some["jet"].tolist() == expected.medoids[k - 1].tolist()
        assert some["nearest_jets"].tolist() == cluster_sizes("Top", "MAE")[k - 1].tolist()
        assert set(some["peak_distance"]) == {expected.peaks[k - 1].position}
        assert set(some["mean_distance"]) == {expected.losses[k - 1]}
    assert len(found) == 55


def test_table2_shows_what_is_listed():
    found = read("table2", table_reference="Top", table_signal="W")
    records = [
        one for one in table2.read_table_2(table2study.key_of()) if (one["reference"], one["signal"]) == ("Top", "W")
    ]
    assert found["ours"].tolist() == [one["ours"] for one in records]
    assert found["metric"].tolist() == [one["metric"] for one in records]
    assert len(read("table2")) == len(table2.read_table_2(table2study.key_of()))


def test_scores_of_a_network():
    found = read("network-scores")
    for name, expected in networkscores.network_scores("vae-MSE-d3-b1e-7", "Loss").items():
        np.testing.assert_array_equal(found.loc[found["class"] == name, "score"].to_numpy(expected.dtype), expected)


def test_all_scores_of_the_plane():
    found, points = read("plane"), plane.plane()
    assert found["title"].tolist() == [point.title for point in points]
    assert found["auc_Top"].tolist() == [point.top for point in points]


def test_a_graph_network_gives_its_histogram(monkeypatch):
    edges = np.linspace(-150, 150, 5)
    made = graphstudy.Components(edges, np.array([0.1, 0.4, 0.4, 0.1]), np.array([0.2, 0.3, 0.3, 0.1]), 0.1)
    monkeypatch.setattr(graphstudy, "graph_networks", lambda: {"pgae-a": None})
    monkeypatch.setattr(
        graphstudy, "component_histograms", lambda *given: made if given == ("pgae-a", "py", "box1") else None
    )
    found = read("network-inside", architecture="PGAE", component="py", cloud_class="box1")
    np.testing.assert_array_equal(found["high"], edges[1:])
    np.testing.assert_array_equal(found["after"], made.after)


def test_without_a_graph_network_it_is_said(monkeypatch):
    monkeypatch.setattr(graphstudy, "graph_networks", dict)
    for stem in ("network-scores", "network-inside"):
        with pytest.raises(InputError) as error:
            file(BY_STEM[stem], Choice(architecture="PGAE"))
        assert error.value.code == "E_NETWORK"


def test_the_spectrum_and_the_windows_of_a_search(monkeypatch):
    edges = np.linspace(2000, 4000, 21)
    others = np.round(20_000 * np.exp(-(edges[:-1] - 2000) / 500))
    outliers = np.round(others / 5)
    outliers[9:11] += 150
    found = search_counts(outliers, others, edges, n_pseudo=50)
    monkeypatch.setattr(dijets.resonance, "search", lambda choice: SimpleNamespace(search=found))  # noqa: ARG005
    monkeypatch.setattr(origin, "read_table", lambda: SimpleNamespace(about={"origin": "toy of a test", "key": "abc"}))
    spectrum, windows = read("spectrum"), read("windows")
    np.testing.assert_array_equal(spectrum["outliers"], outliers)
    np.testing.assert_array_equal(spectrum["background"], found.transfer.background)
    np.testing.assert_array_equal(spectrum["pull"], found.pulls)
    inside = spectrum[spectrum["in_window"]]
    assert (inside["low"].min(), inside["high"].max()) == (found.low, found.high)
    best = windows.loc[windows["local_p"].idxmin()]
    assert (best["low"], best["high"], best["local_p"]) == (found.low, found.high, found.local_p)
    assert best["observed"] == inside["outliers"].sum()
    assert provenance(BY_STEM["spectrum"], Choice())[1] == "data: dijet events, toy of a test; digest of the table abc"


@pytest.mark.parametrize("stem", list(BY_STEM))
def test_no_selection_gives_a_name_that_is_a_path_or_not_plain(stem, monkeypatch):
    nothing = BY_STEM[stem]._replace(columns=lambda choice: {"a": [1]})  # noqa: ARG005
    monkeypatch.setattr(origin, "read_table", lambda: SimpleNamespace(about={}))
    choice = Choice(network="vae-" + "." * 80, graph="pgae-" + "+" * 80, pair=(9, 4), jet_score="Wass(1), 3 medoids")
    name, _ = file(nothing, choice)
    assert re.fullmatch(r"jetexplore-[A-Za-z0-9_.+-]{1,120}\.(csv|parquet)", name)
    assert "/" not in name


# ------------------------------------------------------------------------------------------------ the button


def pressed(tools, number, monkeypatch):
    """Press a button of the row, and give what was sent to the browser."""
    sent, work = [], []
    monkeypatch.setattr(tools, "_send_msg", sent.append)
    monkeypatch.setattr("param.parameterized.async_executor", work.append)
    tools._handle_msg({"file": number})
    for one in work:  # in another thread: an earlier test's event loop may run in this one
        with ThreadPoolExecutor(1) as other:
            other.submit(lambda one=one: asyncio.run(one())).result()
    return sent


def test_a_button_sends_its_file_each_time(monkeypatch):
    choice = Choice(k=5)
    tools = Tools(choice, "scores", "Which jets?")
    expected = file(EXPORTS["scores"][1], choice)
    for _ in range(2):
        (answer,) = pressed(tools, 1, monkeypatch)
        assert (answer["name"], base64.b64decode(answer["content"])) == expected
        assert "failed" not in answer
    assert choice.notices == []


@pytest.mark.parametrize("message", ["nonsense", {"file": 9}, {"file": -1}, {"file": True}, {"file": "0"}, {}, None])
def test_whatever_a_browser_says_nothing_else_is_sent(monkeypatch, message):
    tools, work = Tools(Choice(), "scores", "Which jets?"), []
    monkeypatch.setattr("param.parameterized.async_executor", work.append)
    tools._handle_msg(message)
    assert work == []


def test_a_file_is_made_once_however_often_its_button_is_pressed(monkeypatch):
    tools, work = Tools(Choice(), "scores", "Which jets?"), []
    monkeypatch.setattr("param.parameterized.async_executor", work.append)
    for _ in range(3):
        tools._handle_msg({"file": 0})
    tools._handle_msg({"file": 1})
    assert len(work) == 2


@pytest.mark.parametrize(("fault", "told"), [
    (InputError("E_TEST", "a broken file", "a whole one"), "a broken file"), (RuntimeError("/secret/path"), "could not be made"),
])  # fmt: skip
def test_a_file_that_cannot_be_made_is_told_and_the_button_works_again(monkeypatch, fault, told):
    def fail(*_):
        raise fault

    choice = Choice()
    tools = Tools(choice, "scores", "Which jets?")
    with monkeypatch.context() as broken:
        broken.setattr(files, "file", fail)
        assert pressed(tools, 0, broken) == [{"file": 0, "failed": True}]
    assert told in choice.notices[-1]
    assert "secret" not in choice.notices[-1]
    assert "name" in pressed(tools, 0, monkeypatch)[0]
