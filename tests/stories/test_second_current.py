"""A second, finer input of the current: proved before a run, compared in it, and used for the noise at zero bias."""

import re

import numpy as np
import pytest

from analysis.recording import Recording
from analysis.thermoelectric.measured_noise import measured
from analysis.thermoelectric.noise_holds import noise_holds
from app.config.calibrated_rig import load_calibrated_rig
from app.config.toml import FileError
from app.offline.analyse import analyse_measurement
from app.offline.noise import measured_holds
from procedures.noise_thermometer import NoiseResistor
from tests.stories.test_noise_thermometer import QUICK, WORLD
from tests.support.rig.rigs import quick, served_rig

WIRED = {"ni6281.wiring.ai7": "current"}
NAMED = "fine_current ("


def edited(rig, *changes):
    """Change the rig file by pairs of pattern and replacement."""
    text = rig.file.read_text("utf-8")
    for pattern, replacement in changes:
        text, count = re.subn(pattern, replacement, text)
        assert count == 1, pattern
    rig.file.write_text(text, "utf-8")


WRONG = {
    "gain": (
        ('quantity = "current"', 'quantity = "current", scale = 2.0'),
        "its scale in the rig file is wrong",
    ),
    "sign": (
        ('quantity = "current"', 'quantity = "current", scale = -1.0'),
        "leads of one of them are reversed",
    ),
    "cable off": (('"ai7"', '"ai6"'), "cable is off"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_second_input_is_named_before_anything_moves(tmp_path, case):
    change, words = WRONG[case]
    with served_rig(tmp_path, overrides=WIRED) as rig:
        edited(rig, change)
        end = rig.bench().run(quick(1), tmp_path / "run.h5").end
        assert rig.is_safe()
    assert end.status == "fault"
    assert NAMED in end.reason and words in end.reason


@pytest.mark.usefixtures("unanalysed")
@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_second_input_ends_a_run_at_the_first_contacts(tmp_path, case):
    change, words = WRONG[case]
    with served_rig(tmp_path, overrides=WIRED) as rig:
        edited(rig, change)
        end = rig.bench(unproved="the comparison is tested").run(quick(10), tmp_path / "run.h5").end
        assert rig.is_safe()
    assert end.status == "fault"
    assert NAMED in end.reason and words in end.reason


@pytest.mark.usefixtures("unanalysed")
def test_contacts_are_those_of_the_coarse_input(tmp_path):
    """At 5 G0 and 100 mV the first input has 3.9 V, and the second has been at its limit of 1 V for long."""
    with served_rig(tmp_path, overrides=WIRED) as rig:
        summary = rig.bench().run(quick(3), tmp_path / "run.h5")
    assert summary.end.status == "finished", summary.end.reason
    with Recording(summary.recording) as recording:
        first, second = recording.samples(recording.first, recording.stop, ("current", "fine_current"))
    assert first.max() > 3.0 and second.max() <= 1.0
    both = np.abs(first) < 0.9
    assert np.median(np.abs(second - first)[both]) < 1e-3


@pytest.fixture(scope="module")
def resistor(tmp_path_factory):
    """Noise of a resistor, 2.2 V/uA: 4 mV at 2 mV, read by both inputs."""
    folder = tmp_path_factory.mktemp("resistor")
    procedure = NoiseResistor.from_values({**QUICK, "resistance": 25_800.0, "holds": 1, "hold_time": 1.0})
    world = {**WORLD, **WIRED, "fixture.kind": "resistor", "fixture.resistance_ohm": 25_800.0}
    with served_rig(folder, overrides=world, seed=3) as rig:
        edited(rig, (r"rise_time_s = \S+", "rise_time_s = 3e-5"))
        summary = rig.bench().run(procedure, folder / "run.h5")
    assert summary.end.status == "finished", summary.end.reason
    return summary.recording


def test_the_noise_at_zero_bias_is_that_of_the_finer_input(resistor):
    with Recording(resistor) as recording:
        header = recording.header
        ((fine,), (coarse,)) = (list(noise_holds(recording, by)) for by in (True, False))
    assert fine.second_ratio == pytest.approx(1.0, abs=1e-3)
    assert coarse.second_ratio is None
    (one,), (other,) = (measured_holds(resistor, header, by) for by in (True, False))
    assert one.conductance_S == other.conductance_S, "always that of the first"
    # The converter's noise at 20 kS/s: 1e-25 A2/Hz more on 10 V than on 1 V, at 1e6 V/A.
    less = other.noise.density_A2_per_Hz - one.noise.density_A2_per_Hz
    assert 0.5e-25 < less < 2e-25
    assert analyse_measurement([resistor]).noise.resistors[0].density_A2_per_Hz == one.noise.density_A2_per_Hz


WRONG_HOLDS = {
    "gain": (lambda volts: 1.05 * volts, "current inputs disagree"),
    "sign": (lambda volts: -volts, "current inputs disagree"),
    "cable off": (lambda volts: 0.0 * volts, "current inputs disagree"),
    "railed": (lambda volts: np.where(np.arange(volts.size) == volts.size // 2, 1.0, volts), "at its limit"),
}


@pytest.mark.parametrize("case", WRONG_HOLDS)
def test_a_hold_with_a_wrong_second_input_is_left_out(resistor, case, monkeypatch):
    spoil, reason = WRONG_HOLDS[case]
    of_file = Recording.samples

    def spoilt(recording, start, stop, names):
        data = of_file(recording, start, stop, names)
        return np.array(
            [spoil(row) if name == "fine_current" else row for name, row in zip(names, data, strict=True)]
        )

    monkeypatch.setattr(Recording, "samples", spoilt)
    with Recording(resistor) as recording:
        (hold,) = noise_holds(recording)
    found = measured(hold, 50.0)
    assert found.noise is None and reason in found.rejected


FINER = 'range_V = 1.0, quantity = "current"'


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('range_V = 10.0, quantity = "current"', "must be smaller"),
        ('range_V = 1.0, unit = "A", quantity = "current"', "unit must be"),
        ('range_V = 1.0, scale = 0.0, quantity = "current"', "scale not 0"),
        (f'{FINER} }}\nother = {{ channel = "ai6", {FINER}', "only one"),
    ],
)
def test_a_rig_file_that_can_not_be_meant_is_refused(tmp_path, line, said):
    with served_rig(tmp_path, overrides=WIRED) as rig:
        edited(rig, (FINER, line.replace("\n", r"\n")))
        with pytest.raises(FileError, match=said):
            load_calibrated_rig(rig.file)
