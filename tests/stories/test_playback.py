"""A recording comes out of the wires once more: drivers, runner, recorder and analysis see what they saw then."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from analysis.heating.holds import holds_of
from analysis.recording import RecordedChannel, Recording, RecordingWriter, RunHeader
from analysis.records import Block
from analysis.traces.read import traces_of
from app.acquisition.bench import Bench
from app.acquisition.direct import direct_wires
from app.acquisition.simulated_rig import SimulationSettings, patient, served, simulated_rig
from app.cli import main
from drivers.keithley428 import Keithley428
from procedures.errors import ImpossibleSetting
from procedures.heating import Heating
from procedures.playback import Playback
from simulators.rig.faults import Overload, Stall
from simulators.simulated_rig import SimulatedRig
from tests.support.rig.held_rig import EASY, QUICK
from tests.support.rig.rigs import quick, served_rig


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("recorded")
    with served_rig(folder) as rig:
        rig.bench().run(quick(12), folder / "first.h5", sample="Au")
    return folder / "first.h5"


@contextmanager
def played(recording: Path, folder: Path) -> Iterator[tuple[SimulatedRig, Bench]]:
    """Serve a playback, and give a bench that needs no wire to it."""
    with served(SimulationSettings("fast", recording=recording)) as (rig, text):
        (folder / "rig.toml").write_text(patient(text), encoding="utf-8")
        yield rig, Bench(folder / "rig.toml", wires=direct_wires(rig))


def playback(recording: Path) -> Playback:
    return Playback.from_values({"recording": str(recording)})


def analysed(file: Path) -> dict:
    result = CliRunner().invoke(main, ["analyze", str(file), "--json"])
    assert result.exit_code == 0, result.output
    content = json.loads(result.stdout)
    return {key: value for key, value in content.items() if key not in ("recording", "recordings")}


@pytest.mark.usefixtures("few_resamples")
def test_a_recording_played_back_gives_its_own_samples_and_numbers(recorded, tmp_path):
    with played(recorded, tmp_path) as (_, bench):
        summary = bench.run(playback(recorded), tmp_path / "second.h5")

    assert (summary.end.status, summary.traces, summary.cycles) == ("finished", 12, 12)
    with Recording(recorded) as first, Recording(tmp_path / "second.h5") as second:
        assert second.samples(0, first.stop).tobytes() == first.samples(0, first.stop).tobytes()
        assert second.stop == first.stop
        own = ("safe", "tie")
        assert [e for e in second.events if e.name not in own] == sorted(
            (e for e in first.events if e.name not in own), key=lambda event: event.sample
        )
        for one, other in zip(traces_of(first), traces_of(second), strict=True):
            assert one.samples == other.samples
            assert np.array_equal(one.conductance_G0, other.conductance_G0)
            assert np.array_equal(one.displacement_m, other.displacement_m)
    numbers = analysed(tmp_path / "second.h5")
    assert numbers["traces"]["total"] == 12
    assert numbers == analysed(recorded)


@pytest.mark.usefixtures("unanalysed")
def test_a_process_of_its_own_plays_at_any_pace_of_life(recorded, tmp_path):
    settings = SimulationSettings(recording=recorded, speed=20.0)
    with simulated_rig(settings) as text:
        (tmp_path / "rig.toml").write_text(patient(text), encoding="utf-8")
        summary = Bench(tmp_path / "rig.toml").run(playback(recorded), tmp_path / "second.h5")
    assert summary.end.status == "finished", summary.end.reason
    with Recording(recorded) as first, Recording(tmp_path / "second.h5") as second:
        assert second.samples(0, first.stop).tobytes() == first.samples(0, first.stop).tobytes()


def test_what_a_saved_calibration_says_later_changes_nothing(recorded, tmp_path):
    calibrations = tmp_path / "simulated-calibrations"
    calibrations.mkdir()
    (calibrations / "piezo.toml").write_text(
        'kind = "piezo"\ndate = 2099-01-01T00:00:00+00:00\nmethod = "by hand"\nextension_nm_per_V = 1.0\n'
        "uncertainty_nm_per_V = 0.1\n"
    )
    with played(recorded, tmp_path) as (_, bench), Recording(recorded) as recording:
        assert bench.rig.piezo.extension_nm_per_V == recording.header.rig["piezo"]["extension_nm_per_V"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--speed", "2"], "--speed goes with --recording"),
        (["--recording", "x.h5", "--species", "Au"], "goes without --species"),
        (["--recording", "x.h5", "--speed", "soon"], "neither a number nor 'fast'"),
        (["--recording", "x.h5", "--speed", "0"], "0 is not within 0.01 to 300"),
        (["--recording", "x.h5", "--speed", "nan"], "nan is not within"),
        (["--recording", "x.h5"], "there is no such file"),
    ],
)
def test_options_that_make_no_sense_are_refused_in_words(options, message, tmp_path):
    result = CliRunner().invoke(main, ["sim", "--rig-file", str(tmp_path / "rig.toml"), *options])
    assert result.exit_code == 2
    assert message in " ".join(result.output.split())
    assert not (tmp_path / "rig.toml").exists()


def test_an_imported_recording_of_volts_runs_through_the_wires(tmp_path):
    """One channel and a gain is all that it has; the rig file says no more than that."""
    path, rate_Hz = tmp_path / "theirs.h5", 10_000.0
    data = np.random.default_rng(1).normal(0.0, 1.0, (1, 25_000)) / 3
    settings = {"current_gain_V_per_A": 1e7, "bias_V": 0.1, "series_resistance_ohm": 1e5}
    header = RunHeader(
        "import", (RecordedChannel("current"),), rate_Hz, settings=settings, provenance="imported"
    )
    with RecordingWriter(path, header) as writer:
        writer.append(Block(0, rate_Hz, ("current",), data))
    with played(path, tmp_path):
        bench = Bench(tmp_path / "rig.toml")
        assert bench.rig.probe is None
        summary = bench.run(playback(path), tmp_path / "second.h5")
    assert summary.end.status == "finished", summary.end.reason
    with Recording(tmp_path / "second.h5") as second:
        assert np.array_equal(second.samples(0, 25_000, ["current"]), data)
        assert (second.samples(0, 25_000, ["bias"]) == 0.1).all()
        assert second.rate_Hz == rate_Hz
        for name in ("current_gain_V_per_A", "series_resistance_ohm"):
            assert second.header.settings[name] == settings[name]


def test_the_amplifiers_answer_with_the_recordings_settings(recorded, tmp_path):
    with played(recorded, tmp_path) as (rig, _):
        amplifier = Keithley428(rig.addresses["current_amplifier"])
        try:
            status = amplifier.status
        finally:
            amplifier.close()
    with Recording(recorded) as recording:
        settings = recording.header.settings["current_amplifier"]
    assert settings["gain_V_per_A"] == 1e5
    for name in ("gain_V_per_A", "rise_time_s", "zero_check", "filter_on", "suppress_on", "bias_supply_on"):
        assert getattr(status, name) == settings[name], name


@pytest.mark.usefixtures("unanalysed")
def test_an_overload_is_added_to_what_was_recorded_and_rails_there(recorded, tmp_path):
    with played(recorded, tmp_path) as (rig, bench):
        rig.faults.add(Overload(from_sample=100, current_A=1e-3, samples=50))
        bench.run(playback(recorded), tmp_path / "second.h5")
    with Recording(recorded) as first, Recording(tmp_path / "second.h5") as second:
        full_scale_V = first.header.settings["current_full_scale_V"]
        now, then = (r.samples(0, first.stop, ["current"])[0] for r in (second, first))
    assert (now[100:150] == full_scale_V).all()
    now[100:150] = then[100:150]
    assert np.array_equal(now, then)


def test_a_stalled_card_ends_a_playback_as_it_ends_a_run(recorded, tmp_path):
    with played(recorded, tmp_path) as (rig, bench):
        rig.faults.add(Stall(from_sample=3000))
        summary = bench.run(playback(recorded), tmp_path / "second.h5")
    assert summary.end.status == "fault"
    assert summary.end.safe
    assert summary.samples == 3000
    with Recording(recorded) as first, Recording(tmp_path / "second.h5") as second:
        assert second.samples(0, 3000).tobytes() == first.samples(0, 3000).tobytes()


def test_a_rig_that_is_set_otherwise_is_refused(recorded, tmp_path):
    with played(recorded, tmp_path):
        text = (tmp_path / "rig.toml").read_text("utf-8")
        assert "gain_V_per_A = 100000.0" in text
        (tmp_path / "rig.toml").write_text(
            text.replace("gain_V_per_A = 100000.0", "gain_V_per_A = 1e6"), "utf-8"
        )
        with pytest.raises(
            ImpossibleSetting, match=r"current_gain_V_per_A is 1000000 on this rig but 100000 in"
        ):
            Bench(tmp_path / "rig.toml").run(playback(recorded), tmp_path / "second.h5")
    assert not (tmp_path / "second.h5").exists()


def test_holds_are_the_same_when_played_back(tmp_path):
    heating = Heating.from_values({**QUICK, "amplitudes": "0.74 1.27", "holds": 1, "hold_time": 1.2})
    first, second = tmp_path / "first.h5", tmp_path / "second.h5"
    with served_rig(tmp_path, overrides=EASY) as rig:
        rig.bench().run(heating, first)
    with played(first, tmp_path) as (_, bench):
        bench.run(playback(first), second)
    with Recording(first) as one, Recording(second) as other:
        before, after = list(holds_of(one)), list(holds_of(other))
        for key in ("thermometer_product", "thermal_resistance", "thermocouple_seebeck"):
            assert one.header.calibrations[key] == other.header.calibrations[key]
    assert len(before) == len(after) == 2
    for hold, again in zip(before, after, strict=True):
        assert np.array_equal(hold.thermocouple_V, again.thermocouple_V)
        assert (hold.samples, hold.start, hold.programme) == (again.samples, again.start, again.programme)
        assert (hold.kind, hold.before_G0, hold.after_G0) == (again.kind, again.before_G0, again.after_G0)
