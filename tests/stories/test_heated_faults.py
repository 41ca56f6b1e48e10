"""Faults of a heated rig: each is named in words, and heater, bias and tip are safe afterwards."""

import re
import subprocess
import sys
import threading

import pytest
from click.testing import CliRunner

from analysis.recording import Recording
from analysis.records import EventKind
from app.cli import main
from procedures.errors import ImpossibleSetting
from procedures.peltier import Peltier
from procedures.thermal_conductance import ThermalConductance
from procedures.thermopower import Thermopower
from tests.stories.test_peltier import WORLD as PELTIER_WORLD
from tests.stories.test_thermal_conductance import QUICK as RUPTURES
from tests.stories.test_thermal_conductance import WORLD as RUPTURE_WORLD
from tests.stories.test_thermopower import QUICK, WORLD, thermopower
from tests.support.rig.rigs import served_rig, wait_until

pytestmark = pytest.mark.usefixtures("unanalysed")

DIVIDED = {"bias_line.divider": 10.0}
OVERLOADED = {"sr560.offset_V": 2e-3}

FAULTS = {
    "divider wrong by ten": (
        DIVIDED, ("divider = 10.0", "divider = 1.0"), (), "the bias is divided", 1,
    ),
    "amplifier that inverts, which the rig file does not say": (
        {}, ("", ""), ("current-reversed",), "polarity of the current is reversed", 0,
    ),
    "overload of the preamplifier": (OVERLOADED, ("", ""), (), "overloads when the SR560 is coupled", 0),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_named_before_the_tip_moves_or_within_a_few_contacts(tmp_path, fault):
    world, (right, wrong), faults, message, contacts = FAULTS[fault]
    with served_rig(tmp_path, overrides={**WORLD, **world}, seed=2, faults=faults) as rig:
        rig.file.write_text(rig.file.read_text("utf-8").replace(right, wrong), "utf-8")
        summary = rig.bench().run(thermopower(holds=1, dT="0 20"), tmp_path / "a.h5")
        assert (summary.end.status, summary.end.safe) == ("fault", True)
        assert message in summary.end.reason
        assert rig.world.contacts <= contacts
        assert rig.simulated.bench.outputs == {"bias": 0.0, "z": 0.0, "heater": 0.0}
        assert rig.is_safe()
    with Recording(tmp_path / "a.h5") as recording:
        assert recording.status == "aborted"
        assert [event.kind for event in recording.events].count(EventKind.FAULT) == 1


def test_a_heater_that_is_stuck_on_is_named_before_the_tip_moves(tmp_path):
    """The run is not safe, and says so: no output of the card can take this heater's power away."""
    with served_rig(tmp_path, overrides={**WORLD, "heater.stuck_V": 0.5}, seed=2) as rig:
        bench = rig.bench()
        summary = bench.run(thermopower(holds=1, dT="0 20"), tmp_path / "a.h5")
        assert summary.end.status == "fault" and not summary.end.safe
        assert "commanded to +0 V, but its read-back (heater) shows +0.5 V" in summary.end.reason
        assert rig.world.contacts == 0
        assert rig.simulated.bench.outputs == {"bias": 0.0, "z": 0.0, "heater": 0.0}
    with Recording(tmp_path / "a.h5") as recording:
        assert recording.n_samples > 0


def test_a_gain_at_which_the_heated_thermocouple_would_overload_is_refused(tmp_path):
    with served_rig(tmp_path, overrides=WORLD, seed=2) as rig:
        rig.file.write_text(rig.file.read_text("utf-8").replace("gain = 5e3", "gain = 5e4"), "utf-8")
        with pytest.raises(ImpossibleSetting, match="Lower voltage_preamplifier\\.gain"):
            rig.bench().run(thermopower(holds=1, dT="0 20"), tmp_path / "a.h5")
        assert rig.world.contacts == 0
    assert not (tmp_path / "a.h5").exists()


EXPERIMENTS = {
    "thermopower": (Thermopower, {**QUICK, "holds": 3, "dT": "0 20"}, WORLD, 4),
    "Peltier heat": (
        Peltier, {**QUICK, "holds": 3, "hold_time": 2.0, "amplitudes": "0.05", "levels": "+1:1 0:1 -1:1"},
        PELTIER_WORLD, 1,
    ),
    "thermal conductance": (ThermalConductance, RUPTURES, RUPTURE_WORLD, 3),
}  # fmt: skip
WORLDS = {
    "R_P": ({}, (r"(thermal_resistance_K_per_W = )(\S+)", lambda found: found[1] + f"{0.5 * float(found[2]):g}")),
    "S_TC": ({}, (r"(\bseebeck_V_per_K = )(\S+)", lambda found: found[1] + f"{0.5 * float(found[2]):g}")),
    "sign": ({"thermal.seebeck_V_per_K": -16.3e-6}, (r"(seebeck\w*_V_per_K = )-", lambda found: found[1])),
}  # fmt: skip


@pytest.mark.parametrize(
    ("experiment", "wrong", "words"),
    [
        ("thermopower", "S_TC", "the thermopower is wrong by the same factor"),
        ("thermopower", "sign", "the leads of the thermocouple are reversed"),
        ("Peltier heat", "R_P", "R_P or S_TC, a gain or a divider of the rig file is wrong"),
        ("Peltier heat", "sign", "the leads of the thermocouple are reversed"),
        ("thermal conductance", "R_P", "resistance or read-back of the rig file is wrong"),
        ("thermal conductance", "sign", "the tip reads colder with the heater on"),
    ],
)
def test_a_report_says_what_is_wrong_with_the_thermometer(tmp_path, undrawn, experiment, wrong, words):
    procedure, values, world, seed = EXPERIMENTS[experiment]
    change, (right, by) = WORLDS[wrong]
    with served_rig(tmp_path, overrides={**world, **change}, seed=seed) as rig:
        rig.file.write_text(re.sub(right, by, rig.file.read_text("utf-8")), "utf-8")
        summary = rig.bench().run(procedure.from_values(values), tmp_path / "a.h5")
    assert summary.end.status == "finished", summary.end.reason
    page = tmp_path / "a.html"
    assert CliRunner().invoke(main, ["report", str(summary.recording), "--out", str(page)]).exit_code == 0
    assert words in page.read_text(encoding="utf-8")


HEATING_UP = """
import sys
from pathlib import Path
from app.acquisition.bench import Bench
from procedures.thermopower import Thermopower
values = {values}
Bench(Path(sys.argv[1]), unproved="story").run(Thermopower.from_values(values), Path(sys.argv[2]))
"""


@pytest.mark.slow
def test_a_program_killed_while_the_heater_is_on_leaves_it_off_and_the_recording_readable(tmp_path):
    values = {**QUICK, "dT": (20.0, 0.0), "holds": 50}
    with served_rig(tmp_path, "wall", overrides=WORLD) as rig:
        out = tmp_path / "run.h5"
        code = HEATING_UP.replace("{values}", repr(values))
        process = subprocess.Popen([sys.executable, "-c", code, str(rig.file), str(out)])
        try:
            wait_until(
                lambda: abs(rig.simulated.bench.outputs["heater"]) > 0.1 or process.poll() is not None,
                look_every_s=0.1,
            )
            begun = rig.simulated.bench.acquired
            wait_until(lambda: rig.simulated.bench.acquired > begun + 2000, look_every_s=0.1)  # flushed since
        finally:
            process.kill()
            process.wait()
        wait_until(lambda: rig.simulated.bench.outputs["heater"] == 0.0, look_every_s=0.05)
        threading.Event().wait(0.2)
        assert rig.simulated.bench.outputs == {"bias": 0.0, "z": 0.0, "heater": 0.0}
    with Recording(out) as recording:
        assert recording.status == "unfinished"
        assert recording.n_samples > 0
