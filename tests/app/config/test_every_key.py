"""Every key of a rig file, a calibration, a campaign or a simulated rig has an effect, or is refused."""

import ast
import dataclasses
import importlib
import pkgutil
import re
import tomllib
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import simulators
from analysis.iv.mean import MeanIV
from app import campaign as campaign_package
from app.campaign.command import runs_on_bench
from app.campaign.decisions import amplitudes
from app.campaign.file import (
    CampaignFile,
    Control,
    HeatingStageSection,
    HistogramStageSection,
    IVStageSection,
    ThermopowerStageSection,
    load_campaign,
)
from app.campaign.programme import (
    checked,
    control_stages,
    heating_stage,
    histogram_stage,
    iv_stage,
    thermopower_stage,
)
from app.commands.calibrate import command as calibrate
from app.commands.check import command as check
from app.config.amplifier_sections import CurrentAmplifierSection, VoltagePreamplifierSection, section_of
from app.config.amplifiers import DEFAULTS, ROLES, amplifier_model
from app.config.calibrated_rig import load_calibrated_rig
from app.config.calibration_store import RECORDS
from app.config.heater import OF_THE_ANALYSIS, HeaterSection
from app.config.toml import FileError, Section
from procedures.heater import Heater
from simulators.parameters import ParameterSection as Told
from simulators.rig.ni6281 import Sources, Wiring
from tests.support.file_keys import changed, fields, others, reads, sections, subclasses, toml
from tests.support.rig.rigs import quick, served_rig

RIG_FILE = (
    "app.config.rig",
    "app.config.card_sections",
    "app.config.amplifier_sections",
    "app.config.limits",
)
ROOT = Path(__file__).parents[3]


def test_every_key_of_a_rig_file_and_of_a_simulated_rig_is_read(tmp_path):
    ours = fields(x for x in sections() - tables_of_other_amplifiers() if x.__module__ in RIG_FILE)
    with ExitStack() as stack:
        told = stack.enter_context(reads(Told))
        served = stack.enter_context(
            served_rig(tmp_path, overrides={"sample.species": "BDNC", **FOUR_OUTPUTS})
        )
        served.file.write_text(with_further_channels(served.file.read_text("utf-8")), "utf-8")
        seen = stack.enter_context(reads(Section))
        served.bench().run(quick(1), tmp_path / "run.h5")
        found = CliRunner().invoke(check, [str(served.file), "--json"])
        assert found.exit_code == 0, found.output
    assert {name for _, name in ours - seen} == READ_BY_COMMISSION | READ_BY_SERVER
    elsewhere = mentioned()
    left = {(kind, name) for kind, name in simulated_fields() - told if name not in elsewhere}
    assert {kind for kind, _ in left} <= {Wiring, Sources}  # read by the names of terminals and signals


def tables_of_other_amplifiers():
    """Tables of amplifiers that the rig below does not have; another test may have made some."""
    tables = subclasses(CurrentAmplifierSection) | subclasses(VoltagePreamplifierSection)
    return tables - {section_of(amplifier_model(role, DEFAULTS[role])) for role in ROLES}


READ_BY_COMMISSION = {"mains_Hz"}
"""Compared with the mains that `hotjunction commission` finds (tests/stories/test_commission.py)."""

READ_BY_SERVER = {"park_after_s"}
"""Compared with the idle time of a bench that serves (tests/stories/test_park.py)."""

FOUR_OUTPUTS = {"ni6281.outputs": 4}


def with_further_channels(text):
    """The rig file with an input and an output beyond the roles."""
    heater = 'heater = { channel = "ao2", unit = "mW", scale = 2.0, min = 0, max = 9, safe = 1, value = 4 }'
    current = 'heater_current = { channel = "ai4", unit = "A", scale = 0.1, quantity = "none" }'
    text = text.replace("[daq.outputs]", f"[daq.outputs]\n{heater}\n#", 1)
    return text.replace("[daq.inputs]", f"[daq.inputs]\n{current}\n#", 1)


def simulated_fields():
    for module in pkgutil.walk_packages(simulators.__path__, "simulators."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    return fields(x for x in subclasses(Told) if x.__module__.startswith("simulators."))


def mentioned():
    """Names of attributes anywhere in the code of the simulators: what other runs than the one above read."""
    files = (ROOT / "simulators").rglob("*.py")
    trees = (ast.walk(ast.parse(file.read_text(encoding="utf-8"))) for file in files)
    return {node.attr for tree in trees for node in tree if isinstance(node, ast.Attribute)}


RIG = """
name = "rig"
[daq]
controller = "local"
[daq.inputs]
bias = { channel = "ai2" }
z = { channel = "ai3" }
thermocouple = { channel = "ai1" }
current = { channel = "ai0" }
[daq.outputs]
bias = { channel = "ao0", min_V = -2.0, max_V = 2.0 }
z = { channel = "ao1", min_V = 0.0, max_V = 10.0 }
[current_amplifier]
address = "A"
[voltage_preamplifier]
address = "B"
[piezo]
extension_nm_per_V = 20.0
[probe]
id = "N12"
"""
CALIBRATIONS = {
    "thermometer": {
        "probe": "N12",
        "thermal_resistance_K_per_W": 7e4,
        "thermal_resistance_uncertainty_K_per_W": 500.0,
        "seebeck_V_per_K": 1.6e-5,
        "seebeck_uncertainty_V_per_K": 2e-7,
        "correlation": -0.5,
    },
    "heater": {
        "where": "tip",
        "probe": "N12",
        "kelvin_per_W": 7e4,
        "kelvin_per_W_uncertainty": 200.0,
        "time_constant_s": 1e-5,
        "time_constant_uncertainty_s": 1e-6,
        "leak_A_per_V": 1e-10,
        "leak_uncertainty_A_per_V": 1e-12,
    },
    "noise": {
        "probe": "N12",
        "white_V_per_rtHz": 4e-9,
        "white_uncertainty_V_per_rtHz": 2e-10,
        "corner_Hz": 3.0,
        "corner_uncertainty_Hz": 0.3,
    },
    "amplifier": {
        "setting_V_per_A": 1e5,
        "gain_V_per_A": 1.01e5,
        "gain_uncertainty_V_per_A": 100.0,
        "offset_V": 1e-3,
        "offset_uncertainty_V": 1e-4,
    },
    "piezo": {"extension_nm_per_V": 21.0, "uncertainty_nm_per_V": 0.5},
    "lag": {"lag_s": 1e-3, "uncertainty_s": 2e-5, "current_lag_s": 3e-4, "rate_Hz": 2000.0},
    "proof": {
        "proved": "2026-01-02T03:04:05Z",
        "rig_file": "0123abcd",
        "card": 7,
        "amplifiers": "4567cdef",
        "numbers": {"test current": 1.002},
    },
    "commission": {
        "rig_file": "0123abcd",
        "card": 7,
        "verdicts": {"4": "pass"},
        "numbers": {"chain": {"gain V/A": 1.002e5}},
    },
}


CHANNEL_LAGS = {
    "thermocouple": {
        "first_arrival_s": -5e-4,
        "mean_lag_s": -1e-4,
        "time_constant_s": 1.6e-4,
        "response": [0.0, 0.2, 1.0],
        "scan_time_s": 1.4e-4,
    }
}


@pytest.mark.parametrize("kind", RECORDS)
def test_every_key_of_a_calibration_has_an_effect(tmp_path, kind):
    """On the rig that goes by it, or on what is shown of it. `recording` says where it comes from, and no more."""
    (tmp_path / "rig.toml").write_text(RIG, encoding="utf-8")
    (tmp_path / "calibrations").mkdir()
    content = {"kind": kind, "date": "2026-01-02T03:04:05Z", "method": "by hand", **CALIBRATIONS[kind]}

    def outcome(record):
        (tmp_path / "calibrations" / "one.toml").write_text(
            re.sub(r'"(\d{4}-\d\d-\d\dT[\d:]+Z)"', r"\1", toml(record)), encoding="utf-8"
        )
        shown = CliRunner().invoke(calibrate, ["show", "--rig", str(tmp_path / "rig.toml")])
        if shown.exit_code:
            return None
        return shown.output, repr(load_calibrated_rig(tmp_path / "rig.toml"))

    before = outcome(content)
    assert before is not None
    for key in set(RECORDS[kind].model_fields) - {"recording", "kind"}:
        dates = ["2025-01-02T03:04:05Z"]
        given = {"date": dates, "proved": dates, "watchdog_tested": dates, "channels": [CHANNEL_LAGS]}
        values = given.get(key) or list(others(RECORDS[kind], key, content.get(key)))
        assert values
        for value in values:
            assert outcome({**content, key: value}) != before, f"{key} = {value} changes nothing"


CAMPAIGN = """
sample = "Au"
conductance_G0 = 0.005
rig = "rig.toml"
folder = "night"
notes = "first"
[histogram]
traces = 100
parameters = { withdraw_speed = 0.5 }
[held]
withdraw_speed = 0.6
[iv]
curves = 50
peak_V = 0.9
parameters = { approach_speed = 10.0 }
[heating]
holds = 60
equal_powers = 3
largest_V = 0.8
parameters = { approach_speed = 11.0 }
[[controls]]
name = "order-reversed"
holds = 20
amplitudes_V = [0.5]
parameters = { approach_speed = 12.0 }
[thermopower]
dT_K = [0.0, 20.0]
holds = 30
parameters = { approach_speed = 13.0 }
"""
PLACES = (
    ((), CampaignFile),
    (("histogram",), HistogramStageSection),
    (("iv",), IVStageSection),
    (("heating",), HeatingStageSection),
    (("controls", 0), Control),
    (("thermopower",), ThermopowerStageSection),
)


@pytest.fixture
def programme(tmp_path, monkeypatch):
    """Return every stage of a campaign file as it would run, its folder and its texts; None if it is refused."""
    calls = []
    monkeypatch.setattr("app.campaign.command.Bench", lambda rig, wires, unproved: rig)
    monkeypatch.setattr(
        "app.campaign.command.run_shown", lambda make, *rest: (calls.append(repr(rest)), (None, None))[1]
    )
    V = np.linspace(-1.0, 1.0, 101)
    iv = MeanIV(V, V**3, 0.1 * V, V**3, V**3, np.array([V**3, V**3]), 2, 2)

    def run(content):
        (tmp_path / "campaign.toml").write_text(toml(content), encoding="utf-8")
        calls.clear()
        try:
            found = load_campaign(tmp_path / "campaign.toml")
            checked(found)
            chosen = amplitudes(found, iv)
            window = {"conductance": found.conductance_G0}
            curves = iv_stage(found, window)
            stages = [
                histogram_stage(found),
                *([curves] if curves else []),
                heating_stage(found, window, chosen),
            ]
            stages += control_stages(found, window, chosen)
            stages += filter(None, [thermopower_stage(found, window)])
        except FileError:
            return None
        for stage in stages:
            runs_on_bench(found)(stage, stage.whole(), stage.next_recording(found.folder))
        return repr([(x.name, sorted((k, repr(v)) for k, v in x.values.items())) for x in stages]), repr(
            calls
        )

    return run


def test_every_key_of_a_campaign_has_an_effect_or_is_refused(programme):
    assert {kind for _, kind in PLACES} == {
        x for x in sections() if x.__module__.startswith(campaign_package.__name__ + ".")
    }
    content = tomllib.loads(CAMPAIGN)
    before = programme(content)
    assert before is not None
    for place, kind in PLACES:
        here = content
        for part in place:
            here = here[part]
        for key in kind.model_fields:
            for value in others(kind, key, here.get(key)):
                after = programme(changed(content, place, key, value))
                assert after != before, f"{place} {key} = {value} changes nothing"


@pytest.mark.parametrize(
    ("place", "key", "value"),
    [
        (("controls", 0, "parameters"), "aproach_speed", 12.0),
        (("controls", 0, "parameters"), "holds", 12),
        (("histogram", "parameters"), "traces", 30),
        (("iv", "parameters"), "peak", 0.5),
        (("heating", "parameters"), "holds", 3),
        (("held",), "withdrawspeed", 3.0),
        (("heating",), "amplitudes_V", [0.3]),
    ],
)
def test_what_a_campaign_would_pass_over_is_refused(programme, place, key, value):
    assert programme(changed(tomllib.loads(CAMPAIGN), place, key, value)) is None


def test_an_amplitude_that_is_not_used_is_refused(programme):
    content = tomllib.loads(CAMPAIGN)
    del content["heating"]["equal_powers"]
    content["heating"]["amplitudes_V"] = [0.3]
    assert programme(content) is None
    del content["heating"]["largest_V"]
    assert programme(content) is not None


def test_every_key_of_a_heater_reaches_the_procedures():
    handed_on = {field.name for field in dataclasses.fields(Heater)}
    files = (ROOT / "procedures").glob("*.py")
    read = {
        node.attr
        for file in files
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute)
    }

    assert set(HeaterSection.model_fields) - OF_THE_ANALYSIS == handed_on
    assert handed_on <= read


def test_no_kind_of_file_is_left_out():
    """A new kind of file must be walked too, here in `test_import_profile` or in the models' `test_every_key`."""
    walked = {
        *RIG_FILE,
        "app.config.heater",
        "app.config.import_profile",
        "app.config.calibration_store",
        "app.campaign.file",
        "app.models.schema",
        "app.models.terminals",
        "app.models.coupling",
        "app.models.floating",
        "app.models.kind",
        "app.models.molecule",
        "app.models.series",
        *(f"app.models.kinds.{kind}" for kind in ("huckel", "levels", "table")),
    }
    assert {x.__module__ for x in sections()} == walked
