"""The model of a recording: of a file, of a saved analysis, of an I-V taken before."""

import json
from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner

from analysis.heating.junction_model import JunctionModel
from analysis.heating.model_json import from_plain, to_plain
from analysis.recording import Recording
from analysis.transport.huckel import HuckelModel, Lead
from analysis.transport.molecules import benzenedithiol_13
from analysis.transport.table import TableTransmission
from analysis.transport.transmission import BreitWignerLevel, FlatTransmission, LevelTransmission
from app.cli import main
from app.config.toml import FileError
from app.gui.windows.saving import save_analysis
from app.models.load import opened_model
from app.replay.model_lookup import model_for
from app.replay.saved_analysis import SavedAnalysis, load, path_of, save
from app.viewmodels.options import SessionOptions
from app.viewmodels.session import Session
from app.viewmodels.session_result import result_of
from tests.support.recordings.streams import made_holds, made_sweeps

MODEL = """
temperature_K = 300
[transmission]
kind = "levels"
[[transmission.levels]]
energy_eV = {{ start = {energy}, min = 0.1, max = 3.0 }}
gamma_probe_eV = 0.04
gamma_substrate_eV = 0.04
"""


def written(path, made, started, sample="Au-BDNC-Au"):
    made.header = replace(made.header, started=f"2026-11-21T{started}+00:00", sample=sample)
    return made.write(path)


@pytest.fixture
def folder(tmp_path):
    """A heating run of some seconds at noon, and an I-V of the same sample an hour before."""
    written(tmp_path / "heating.h5", made_holds(4), "12:00:00")
    written(tmp_path / "iv.h5", made_sweeps(), "11:00:00")
    return tmp_path


def found_for(path):
    with Recording(path) as recording:
        return model_for(path, recording.header)


def test_the_iv_of_the_same_sample_gives_the_level(folder):
    found = found_for(folder / "heating.h5")
    assert found.model.source == "Landauer level fitted to iv.h5"
    assert found.message == "Landauer level fitted to iv.h5."
    energy, error = found.model.parameters["energy_eV"]
    assert abs(energy) == pytest.approx(0.9, abs=0.03)
    assert error > 0.0


def test_a_run_under_way_finds_the_same(folder):
    found = found_for(folder / "heating.h5")
    with Recording(folder / "heating.h5") as recording:
        live = model_for(folder / "heating-under-way.h5", recording.header)
    assert to_plain(live.model) == to_plain(found.model)


@pytest.mark.parametrize(
    ("started", "sample"),
    [("12:01:00", "Au-BDNC-Au"), ("11:30:00", "Au-BDA-Au")],
    ids=["after the end", "another sample"],
)
def test_an_iv_that_does_not_belong_is_left_alone(tmp_path, started, sample):
    written(tmp_path / "heating.h5", made_holds(4), "12:00:00")
    written(tmp_path / "iv.h5", made_sweeps(), started, sample)
    assert found_for(tmp_path / "heating.h5") is None


def test_the_newest_before_the_end_is_taken(folder):
    written(folder / "newer.h5", made_sweeps(seed=5), "11:30:00")
    written(folder / "too-late.h5", made_sweeps(seed=6), "13:00:00")
    assert found_for(folder / "heating.h5").model.source == "Landauer level fitted to newer.h5"


def test_an_iv_recording_has_its_own(folder):
    assert found_for(folder / "iv.h5") is None


def analysed(path, options=None):
    with Recording(path) as recording:
        session = Session(recording.header, options, name=path.name)
        for item in (*recording.events, *recording.blocks()):
            session.feed(item)
        session.close()
        return session


def test_the_saved_analysis_of_the_iv_is_preferred(folder):
    moved = JunctionModel(
        LevelTransmission([BreitWignerLevel(1.1, 0.05, 0.05)]), "by hand", fitted_level=True
    )
    session = analysed(folder / "iv.h5", SessionOptions(model=moved))
    save(folder / "iv.h5", SavedAnalysis(results=result_of(session)))
    found = found_for(folder / "heating.h5")
    assert found.model.transmission == moved.transmission
    assert found.model.source == "Landauer level fitted to iv.h5"
    assert "saved analysis" in found.message


def test_the_model_of_the_recordings_own_saved_analysis_comes_first(folder):
    kept = JunctionModel(FlatTransmission(0.002), "gold.toml")
    session = analysed(folder / "heating.h5")
    session.set_options(replace(session.options, model=kept))
    save(folder / "heating.h5", SavedAnalysis(results=result_of(session)))
    assert load(path_of(folder / "heating.h5")).results["model"]["source"] == "gold.toml"
    found = found_for(folder / "heating.h5")
    assert found.model.transmission == FlatTransmission(0.002)
    assert "gold.toml" in found.message


def test_an_iv_without_a_whole_curve_is_said(tmp_path):
    written(tmp_path / "heating.h5", made_holds(4), "12:00:00")
    made = made_sweeps(2)
    made.events = [
        replace(event, payload={**event.payload, "kind": "ruptured"}) if event.name == "curve" else event
        for event in made.events
    ]
    written(tmp_path / "iv.h5", made, "11:00:00")
    found = found_for(tmp_path / "heating.h5")
    assert found.model is None
    assert "No model could be fitted to the I-V of iv.h5" in found.message


# ---- files ----


def test_a_model_file_is_taken_with_its_start(tmp_path):
    path = tmp_path / "level.toml"
    path.write_text(MODEL.format(energy=0.7))
    model = opened_model(path)
    assert model.transmission.levels == (BreitWignerLevel(0.7, 0.04, 0.04),)
    assert model.source == "level.toml"


def test_a_fit_is_taken_with_what_it_found(tmp_path):
    written(tmp_path / "iv.h5", made_sweeps(), "11:00:00")
    (tmp_path / "level.toml").write_text(MODEL.format(energy=0.6))
    fit = CliRunner().invoke(
        main, ["fit", str(tmp_path / "iv.h5"), "--model", str(tmp_path / "level.toml"), "--json"]
    )
    path = tmp_path / "fit.json"
    path.write_text(fit.stdout)
    model = opened_model(path)
    value = json.loads(fit.stdout)["parameters"]["energy_eV"]["value"]
    assert model.transmission.levels[0].energy_eV == value == pytest.approx(0.9, abs=0.03)
    assert model.source == "level.toml, fitted in fit.json"
    (tmp_path / "level.toml").unlink()
    with pytest.raises(FileError, match="gone"):
        opened_model(path)


@pytest.mark.parametrize("content", ["[1]", "{}", '{"results": {"model": {"levels": 3}}}', "no json"])
def test_other_json_is_refused_in_words(tmp_path, content):
    path = tmp_path / "other.json"
    path.write_text(content)
    with pytest.raises(FileError, match=r"other\.json"):
        opened_model(path)


TWISTED = HuckelModel(
    np.array([[0.5, 0.1 - 0.2j], [0.1 + 0.2j, -0.4]]),
    (Lead("probe", {1: 0.3}), Lead("substrate", {1: 0.01, 2: 0.2})),
    0.3,
)
EVERY_KIND = {
    "levels": LevelTransmission([BreitWignerLevel(0.9, 0.04, 0.05, 0.3)]),
    "flat": FlatTransmission(1.5),
    "huckel": benzenedithiol_13().transmission(),
    "huckel, complex": TWISTED.transmission(),
    "table": TableTransmission(
        np.linspace(-1, 1, 5), np.array([0, 0.1, 0.4, 0.1, 0.0]), "zero", "pchip", 0.3
    ),
}


@pytest.mark.parametrize("transmission", EVERY_KIND.values(), ids=EVERY_KIND)
def test_a_model_is_the_same_after_a_file(transmission):
    model = JunctionModel(
        transmission, "words", 290.0, {"energy_eV": (0.9, np.nan)}, (transmission,) * 2, 0.01, ("so",), False
    )
    again = from_plain(json.loads(json.dumps(to_plain(model)).replace("NaN", "null")))

    energy = np.linspace(-2.0, 2.0, 41)
    for kept in (again.transmission, *again.replicas):
        assert type(kept) is type(transmission)
        np.testing.assert_array_equal(kept(energy, 0.7), transmission(energy, 0.7))
    assert again.current_A(0.5) == model.current_A(0.5)
    assert repr(replace(again, transmission=None, replicas=())) == repr(
        replace(model, transmission=None, replicas=())
    )


@pytest.mark.parametrize("kind", ["huckel", "table"])
def test_save_analysis_keeps_a_model_of_every_kind(folder, kind):
    """A Hueckel model or a table was dropped without a word."""
    model = JunctionModel(EVERY_KIND[kind], f"{kind}.toml")
    save_analysis(analysed(folder / "heating.h5", SessionOptions(model=model)), folder / "heating.h5")
    found = found_for(folder / "heating.h5")
    assert found.message == f"Model of the saved analysis: {kind}.toml."
    assert found.model.current_A(0.5) == model.current_A(0.5)
    opened = opened_model(path_of(folder / "heating.h5"))
    assert opened.conductance_G0 == model.conductance_G0


@pytest.mark.parametrize(
    ("stored", "transmission"),
    [
        ('{"value": 0.002}', FlatTransmission(0.002)),
        (
            '{"levels": [{"energy_eV": 0.9, "gamma_probe_eV": 0.04, "gamma_substrate_eV": 0.05, "bias_drop": 0.5}]}',
            LevelTransmission([BreitWignerLevel(0.9, 0.04, 0.05)]),
        ),
    ],
    ids=["flat", "levels"],
)
def test_a_model_saved_before_kinds_were_stored_opens(stored, transmission):
    content = {"source": "old", "temperature_K": 300.0, "transmission": json.loads(stored)}
    assert from_plain(content).transmission == transmission


def test_a_model_of_an_unknown_kind_says_what_is_missing():
    content = {"source": "x", "temperature_K": 300.0, "transmission": {"kind": "fano", "q": 1.0}}
    with pytest.raises(ValueError, match=r"'fano'.*plug-in"):
        from_plain(content)


def test_a_transmission_that_cannot_be_saved_is_refused():
    def anything(energy_eV, bias_V=0.0):
        return np.ones(np.shape(energy_eV))

    anything.poles = FlatTransmission(1.0).poles
    with pytest.raises(ValueError, match="cannot be saved"):
        to_plain(JunctionModel(anything, "x"))


def test_an_analysis_of_before_without_a_transmission_has_no_model():
    assert from_plain({"source": "x", "temperature_K": 300.0, "transmission": None}) is None
