"""S16: on which jets do the numbers of a card stand? Others than those that are here are told, and not printed as theirs."""

from __future__ import annotations

import pytest

from jetexplore import cli, jets, models
from jetexplore.anomaly import areas, standing
from jetexplore.errors import InputError
from jetexplore.files import data_dir
from jetexplore.models import checkpoints, finished
from jetexplore.models.autoencoder import initial
from jetexplore.models.cards import Area, Card
from jetexplore.views.cardtext import describe

NUMBERS = dict.fromkeys(("loss", "distance", "divergence", "mse", "mean_image_mse"), 0.5)
AREAS = {"MSE": {"Top": Area(0.8, 0.01, 10, 10), "W": Area(0.7, 0.01, 10, 10)}}
OTHER = "0" * 16


def card(**entries):
    about = {"name": "a", "kind": "vae", "downsamplings": 3, "origin": "simulated here", "data": "1" * 16, **NUMBERS}
    return Card(**about | entries)


@pytest.fixture(scope="module")
def module():
    return initial(3, 0)


@pytest.fixture
def written(tmp_path, module):
    def write(**entries):
        checkpoints.write(tmp_path / "a.safetensors", module, card(**entries))
        return tmp_path / "a.safetensors"

    return write


def test_areas_of_other_jets_wear_a_badge_in_the_application():
    here = jets.provenance("sample").key
    other = describe(card(areas=AREAS, tested=OTHER))
    assert "OTHER JETS" in other
    assert f"its areas stand on other test jets (digest {OTHER}, here {here})" in other
    assert "OTHER JETS" in describe(card(origin="yours"))
    assert "trained on jets of another origin" in describe(card(origin="yours"))
    for sound in (card(areas=AREAS, tested=here), card(tested=OTHER), card(areas=AREAS), card()):
        assert "OTHER JETS" not in describe(sound)
    assert ">unknown<" in describe(card(areas=AREAS))  # never guessed


def test_the_command_that_reproduces_refuses_them(written, capsys):
    path = written(areas=AREAS, tested=OTHER)
    assert cli.main(["table", "1", "--networks", str(path.parent), "--quiet"]) == 2
    said = capsys.readouterr().err
    assert "areas of a on other test jets" in said
    assert "--score measures them anew" in said
    with pytest.raises(InputError) as caught:
        standing.check({"a": models.read_card(path)})
    assert caught.value.code == "E_DATA"


@pytest.mark.parametrize("tested", [OTHER, ""])
def test_areas_of_other_or_unknown_jets_are_measured_anew(written, small, tested):
    path = written(areas=AREAS, tested=tested)
    here = jets.provenance(small).key
    assert standing.stale({"a": models.read_card(path)}, small) == (["a"] if tested else [])
    found = areas.evaluate(path.parent, names=["MSE"], source=small, progress=False)["a"]
    assert found.tested == here
    assert found.areas["MSE"]["Top"][2:] == (60, 40)
    assert found == models.read_card(path)
    before = path.stat().st_mtime_ns
    assert areas.evaluate(path.parent, names=["MSE"], source=small, progress=False)["a"] == found
    assert path.stat().st_mtime_ns == before
    standing.check({"a": found}, small)


def test_training_on_other_jets_does_not_take_the_network_that_is_there(written):
    path = written(data="1" * 16)

    def never(*_):
        raise AssertionError

    assert finished.once(path.parent, "a", (), never, data="1" * 16) == path
    with pytest.raises(InputError) as caught:
        finished.once(path.parent, "a", (), never, data="2" * 16)
    assert caught.value.code == "E_DATA"
    assert "trained on other jets" in str(caught.value)


def test_a_list_in_the_folder_tells_where_the_card_does_not(written):
    path = written(areas=AREAS)
    assert models.read_card(path).tested == ""
    path.with_name(checkpoints.TESTED).write_text(f"{OTHER}  b.safetensors\n{'3' * 16}  a.safetensors\n")
    assert models.read_card(path).tested == "3" * 16
    assert models.load(path).card.tested == "3" * 16
    written(areas=AREAS, tested=OTHER)
    assert models.read_card(path).tested == OTHER  # the card itself comes first


def test_all_areas_that_come_with_jetexplore_stand_on_the_sample():
    listed = {line.partition("  ")[2] for line in (data_dir() / "networks" / "TESTED").read_text().splitlines()}
    here = jets.provenance("sample").key
    for name, about in models.networks().items():
        assert bool(about.areas) == (f"{name}.safetensors" in listed)
        assert about.tested == (here if about.areas else "")
        assert standing.other_jets(about) == ""
        assert about.data
