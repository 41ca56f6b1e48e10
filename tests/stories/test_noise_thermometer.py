"""A noise thermometer on the simulated rig: two resistors and the open input calibrate it, contacts are measured."""

import re
import shutil
from dataclasses import replace

import pytest

from analysis.recording import Recording
from analysis.thermoelectric.noise_holds import noise_holds
from app.offline.analyse import analyse_measurement
from app.offline.noise import ResistorsBeside
from app.replay.player import Player
from app.report.noise_sections import noise_sections
from app.viewmodels.noise_thermometer_view import NoiseThermometerModel
from app.viewmodels.session import Session
from app.viewmodels.session_result import result_of
from procedures.noise_thermometer import NoiseResistor, NoiseThermometer
from tests.conftest import leave_unanalysed
from tests.support.rig.rigs import served_rig

WORLD = {"sample.species": "Au", "heater.where": "tip", "heater.expansion_s": 0.02, "gold.lifetime_s": 1e4,
         "piezo.creep_per_decade": 1e-4, "piezo.hysteresis_shares": [1e-4, 1e-4, 1e-4]}  # fmt: skip
QUICK = {
    "approach_speed": 50.0, "withdraw_speed": 5.0, "leave_speed": 50.0, "past_break": 0.6, "baseline_time": 0.05,
    "check_time": 0.05, "stop_within": 0.02, "longest_withdrawal": 4.0, "heater_clearance": 15.0, "rate": 20.0,
}  # fmt: skip


def run(folder, procedure, **world):
    """Run a procedure with a fast current amplifier; return the recording."""
    folder.mkdir()
    whole = {**WORLD, **world}
    with served_rig(folder, overrides=whole, seed=3) as rig, pytest.MonkeyPatch.context() as patch:
        leave_unanalysed(patch)
        text = rig.file.read_text("utf-8")
        rig.file.write_text(re.sub(r"rise_time_s = \S+", "rise_time_s = 3e-5", text), "utf-8")
        summary = rig.bench().run(procedure, folder / "run.h5")
    assert summary.end.status == "finished", summary.end.reason
    return summary.recording


@pytest.fixture(scope="module")
def recordings(tmp_path_factory):
    folder = tmp_path_factory.mktemp("noise")
    resistors = [
        run(
            folder / f"{ohm:g}",
            NoiseResistor.from_values({**QUICK, "resistance": ohm, "holds": 1, "hold_time": 2.0}),
            **{"fixture.kind": "resistor", "fixture.resistance_ohm": ohm},
        )
        for ohm in (6450.0, 25_800.0)
    ]
    contacts = NoiseThermometer.from_values({**QUICK, "holds": 4, "hold_time": 0.5, "dT": "0"})
    return [*resistors, run(folder / "contacts", contacts)]


@pytest.fixture(scope="module")
def measurement(recordings):
    return analyse_measurement(recordings)


def test_contacts_have_the_temperature_of_the_room(measurement):
    result = measurement.noise
    (found,) = result.sets
    assert found.temperature_K == pytest.approx(300.0, abs=4 * found.sigma_K)
    assert found.sigma_K < 15.0
    assert found.contacts >= 2
    assert len(result.resistors) == 3, "two, and the open input"
    # Noise beyond half the rate folds back, of the resistor and of the amplifier's input alike.
    calibration = result.calibration
    sigma = calibration.covariance[1, 1] ** 0.5
    assert calibration.square_V2_per_Hz == pytest.approx(2.5e-17 * calibration.gain, abs=4 * sigma)


@pytest.fixture(scope="module")
def beside(recordings, tmp_path_factory):
    """The recordings in one folder, that of the contacts first."""
    folder = tmp_path_factory.mktemp("beside")
    copies = [shutil.copy(path, folder / f"{path.parent.name}.h5") for path in recordings]
    return [copies[-1], *copies[:-1]]


def watched(path, step_s):
    """Play a recording into the views, in pieces of some seconds."""
    with Player(path, 1.0) as player:
        session = Session(player.header, name=path.name, folder=path.parent)
        player.play()
        while not player.state.at_end:
            for item in player.advance(step_s):
                session.feed(item)
    session.close()
    return session


@pytest.mark.parametrize("step_s", [0.3, 7.0])
def test_the_window_shows_what_the_analysis_says(measurement, beside, step_s):
    session = watched(beside[0], step_s)
    assert result_of(session)["noise"] == measurement.to_json()["noise"]
    (one,) = session.noise_thermometer.snapshot().sets
    assert one.running_K[-1] == one.mean.temperature_K


def test_the_window_asks_for_resistors_at_the_same_settings(beside, tmp_path, monkeypatch):
    folder = beside[0].parent
    with Recording(beside[0]) as recording:
        header, held = recording.header, list(noise_holds(recording))
    alone = NoiseThermometerModel(header, tmp_path)
    for hold in held:
        alone.add(hold)
    alone.work(thorough=True)
    assert "1 of 3 conductances" in alone.snapshot().problem
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    alone.work(thorough=True)
    assert alone.snapshot().sets, "the resistors have come meanwhile"
    resistors = ResistorsBeside(tmp_path, header)
    found = resistors.refresh()
    assert len(found) == 2
    with monkeypatch.context() as patch:
        patch.setattr("app.offline.noise.glance", never)
        again = resistors.refresh()
    assert all(again[started] is holds for started, holds in found.items()), "each file is read once"
    assert ResistorsBeside(folder, replace(header, rate_Hz=50e3)).refresh() == {}


def never(path):
    raise AssertionError(f"{path} is read again")


def test_without_resistors_there_is_no_temperature(recordings):
    result = analyse_measurement(recordings[-1:]).noise
    assert result.calibration is None and result.sets == ()


def test_json_and_words_tell_it_and_why_there_is_no_fano_factor(measurement):
    content = measurement.to_json()["noise"]
    assert content["fano"] is None and "flicker" in content["why_not"]
    assert 250.0 < content["temperature_K"] < 350.0
    (section,) = noise_sections(measurement)
    assert "At dT = 0 K the contacts have" in " ".join(section.text)
    (control,) = content["controls"]
    assert control["name"] == "band in halves, dT = 0 K"
    assert section.tables[1].rows[0][2] == control["sentence"]


def test_the_error_is_compared_with_what_the_procedure_expected(measurement):
    (one,) = measurement.errors
    (found,) = measurement.noise.sets
    assert (one.quantity, one.planned, one.used) == ("noise temperature at dT = 0 K", 4, found.contacts)
    assert one.expected == pytest.approx(300.0 / (5000.0 * 0.5 * 4) ** 0.5)
    assert one.reached == found.contacts_sigma_K
    assert 0.5 < one.ratio < 5.0
