"""How it was measured, in the words of the form and of the rig, with units, for a reader who never saw the code."""

import pytest

from analysis.recording import Calibration, RecordedChannel, Recording, RunHeader
from app.report.setting_rows import settings_of, words_of
from procedures.break_junction import BreakJunction
from procedures.registry import PROCEDURES
from tests.support.report_words import names_of_the_code
from tests.support.rig.rigs import QUICK, served_rig

CHANNELS = (RecordedChannel("current", "V", "current"),)


def shown(header):
    return dict(row for _, rows in settings_of(header) for row in rows)


@pytest.mark.parametrize(
    ("key", "words", "unit"),
    [
        ("current_gain_V_per_A", "current gain", "V/A"),
        ("thermocouple_noise_V_per_sqrt_Hz", "thermocouple noise", "V/√Hz"),
        ("withdraw_speed_nm_per_s", "withdraw speed", "nm/s"),
        ("series_resistance_ohm", "series resistance", "Ω"),
        ("contact_threshold_G0", "contact threshold", "G₀"),
        ("dT_uK", "dT", "µK"),
        ("steps_per_s", "steps per s", ""),
        ("contact_samples", "contact samples", ""),
        ("z", "z", ""),
    ],
)
def test_a_key_is_words_and_a_unit(key, words, unit):
    assert words_of(key) == (words, unit)


@pytest.mark.parametrize("name", PROCEDURES)
def test_parameters_stand_under_the_labels_of_the_form(name):
    procedure = PROCEDURES[name]()
    values = {"recording": "night 1"} if name == "playback" else procedure.values()
    header = RunHeader(name, CHANNELS, parameters=values)
    rows = shown(header)
    labels = {one.name for one in procedure.parameter_objects().values()}
    assert set(rows) <= labels | {"procedure"}
    assert rows["procedure"] == procedure.label
    assert names_of_the_code("".join(f"<p>{k}</p><p>{v}</p>" for k, v in rows.items())) == []


def test_a_value_has_its_unit_and_no_power_of_ten_of_the_code():
    parameters = {"withdraw_speed_nm_per_s": 0.1, "open_threshold_G0": 1e-5, "railed_is_contact": False}
    rows = shown(RunHeader("heating", CHANNELS, parameters=parameters))
    assert rows["Withdrawal speed"] == "0.1 nm/s"
    assert rows["Open below"] == "1×10⁻⁵ G₀"
    assert rows["Rail counts as contact"] == "no"


def test_a_unit_of_a_group_is_that_of_its_values_and_an_error_rounds_a_calibration():
    calibrations = {"thermal_resistance": Calibration(72800.0, "K/W", 500.0)}
    header = RunHeader("", CHANNELS, settings={"scan_times_s": {"bias": 2e-5}}, calibrations=calibrations)
    assert shown(header)["scan times › bias"] == "2×10⁻⁵ s"
    assert shown(header)["thermal resistance"] == "72800 ± 500 K/W"


def test_parameters_of_an_unknown_procedure_are_words():
    assert shown(RunHeader("of a plug-in", CHANNELS, parameters={"lost_part_nm": 3}))["lost part"] == "3 nm"


def test_everything_that_a_run_writes_is_in_words(tmp_path):
    with served_rig(tmp_path) as rig:
        run = BreakJunction.from_values({**QUICK, "traces": 1})
        path = rig.bench(unproved="test").run(run, tmp_path / "run.h5").recording
    with Recording(path) as recording:
        groups = settings_of(recording.header)
    assert {"Procedure", "Settings", "Calibrations", "Rig", "Versions", "Notes"} <= {
        name for name, _ in groups
    }
    page = "".join(f"<p>{name}</p><p>{value}</p>" for _, rows in groups for name, value in rows)
    assert names_of_the_code(page) == []
