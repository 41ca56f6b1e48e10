"""A file of another kind is called what it is, in one sentence."""

from pathlib import Path

import pytest

from app.acquisition.simulated_rig import SimulationSettings, rig_file_text
from app.campaign.file import CampaignFile
from app.config.rig import Rig
from app.config.toml import KINDS, FileError, load_toml
from app.models.schema import ModelFile
from app.models.terminals import TerminalFile
from simulators.parameters import load_parameters
from tests.support.gui.fake_bench import ADDRESSES

DOCS = Path(__file__).parents[3] / "docs"
MODELS = {
    Rig: "a rig file",
    CampaignFile: "a campaign",
    TerminalFile: "a junction with probes",
    ModelFile: "a transmission model",
}


@pytest.fixture
def files(tmp_path):
    rig = tmp_path / "rig.toml"
    rig.write_text(
        rig_file_text(SimulationSettings("fast", 0), load_parameters(), ADDRESSES), encoding="utf-8"
    )
    return {
        "a rig file": rig,
        "a campaign": DOCS / "campaigns/au.toml",
        "a junction with probes": DOCS / "models/benzene-probe.toml",
        "a transmission model": DOCS / "models/fit-probes.toml",
    }


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
@pytest.mark.parametrize("kind", KINDS)
def test_each_file_is_read_as_what_it_is_and_as_nothing_else(files, model, kind):
    path, wanted = files[kind], MODELS[model]
    if kind == wanted:
        load_toml(path, model)
        return
    with pytest.raises(FileError) as refused:
        load_toml(path, model)
    assert str(refused.value) == f"{path.name} is {kind}, not {wanted}."


def test_what_can_be_no_kind_has_its_keys_named(tmp_path):
    path = tmp_path / "odd.toml"
    path.write_text("temprature_K = 300.0\n", encoding="utf-8")
    with pytest.raises(FileError, match="did you mean 'temperature_K'"):
        load_toml(path, ModelFile)
