"""A break-junction run with each of the current amplifiers, and what the recording says of it."""

import re
import tomllib

import numpy as np
import pytest

from analysis.recording import Recording
from analysis.traces.read import traces_of
from app.acquisition.bench import Bench
from app.acquisition.direct import direct_wires
from app.acquisition.open_rig import open_amplifier
from app.acquisition.simulated_rig import SimulationSettings, rig_file_text
from app.config.amplifiers import CURRENT_AMPLIFIER, VOLTAGE_PREAMPLIFIER, amplifier_model
from app.config.rig import load_rig
from procedures.errors import ImpossibleSetting
from simulators.parameters import load_parameters
from simulators.rig.faults import Overload
from simulators.rig.signal_chain import AmplifierModels
from simulators.simulated_rig import SimulatedRig
from tests.support.patience import ANSWER_S
from tests.support.rig.rigs import quick, served_rig

pytestmark = pytest.mark.usefixtures("unanalysed")

MODELS = {
    "sr570": ("sr560", "sent, not read back", 5.0),
    "dlpca200": ("manual", "sent, not read back", 5.0),
    "manual": ("sr560", "declared, not read back", 5.0),
}
"""Current amplifiers: the preamplifier beside it, the provenance, and full scale (the input's range is 5 V)."""


@pytest.fixture(autouse=True)
def no_watchdog(monkeypatch):
    from tests.support.rig.watchdogs import WatchdogWithoutProcess

    monkeypatch.setattr("app.acquisition.bench.Watchdog", WatchdogWithoutProcess)


def overload_seen(simulated, rig, wires):
    """Overload that the amplifier reports, without and with one."""
    amplifier = open_amplifier(rig, CURRENT_AMPLIFIER, wires)
    seen = [amplifier.overloaded]
    simulated.faults.add(Overload())
    simulated.bench.pass_on_demand()
    seen.append(amplifier.overloaded)
    amplifier.close()
    return seen


@pytest.mark.parametrize("model", MODELS)
def test_a_run_with_each_amplifier_measures_the_same_gold(tmp_path, model):
    preamplifier, provenance, full_scale_V = MODELS[model]
    parameters = load_parameters(overrides={"sample.species": "Au"})
    models = AmplifierModels(
        amplifier_model(CURRENT_AMPLIFIER, model).simulator,
        amplifier_model(VOLTAGE_PREAMPLIFIER, preamplifier).simulator,
    )
    settings = SimulationSettings("fast", 1, current_amplifier=model, voltage_preamplifier=preamplifier)
    with SimulatedRig(parameters, 1, "fast", models=models) as simulated:
        text = rig_file_text(settings, parameters, simulated.addresses)
        file = tmp_path / "rig.toml"
        file.write_text(text.replace("[daq]\n", f"[daq]\nanswer_s = {ANSWER_S}\n", 1), "utf-8")

        wires = direct_wires(simulated)
        summary = Bench(file, wires=wires).run(quick(1), tmp_path / "run.h5")
        overloads = overload_seen(simulated, load_rig(file), wires)

    assert (summary.end.status, summary.traces) == ("finished", 1), summary.end.reason
    assert summary.end.safe
    with Recording(summary.recording) as recording:
        header = recording.header
        (trace,) = traces_of(recording)
    assert header.settings["current_amplifier"]["provenance"] == provenance
    assert header.settings["current_full_scale_V"] == full_scale_V
    assert header.settings["current_inverting"] is (model == "manual"), "a home-made one inverts"
    assert tomllib.loads(text)["current_amplifier"]["gain_V_per_A"] == 1e5
    assert overloads == ([False, True] if model == "dlpca200" else [None, None])
    assert np.nanmax(trace.conductance_G0) > 1.0, "a contact, of the sign of the bias"


def edited(rig, **changes):
    """The rig file with some of its text changed."""
    text = rig.file.read_text("utf-8")
    for old, new in changes.values():
        assert old in text, old
        text = text.replace(old, new, 1)
    rig.file.write_text(text, "utf-8")


EXTRA_INPUT = (
    'current = { channel = "ai0", range_V = 5.0 }',
    'current = { channel = "ai0", range_V = 5.0 }\n'
    'base_temperature = { channel = "ai4", unit = "K", scale = 10.0, offset = 300.0 }',
)
DIVIDED = {"bias_line.divider": 10.0, "bias_line.adder_V": 0.01, "ni6281.wiring.ai4": "ground"}


def test_behind_a_divider_and_an_adder_everything_is_in_volts_of_the_junction(tmp_path):
    with served_rig(tmp_path, overrides=DIVIDED) as rig:
        edited(rig, extra=EXTRA_INPUT)
        rig_ = load_rig(rig.file)
        assert (rig_.daq.outputs.bias.min_V, rig_.daq.outputs.bias.divider) == (-0.2, 10.0)

        summary = rig.bench().run(quick(1), tmp_path / "run.h5")

        assert (summary.end.status, summary.traces) == ("finished", 1), summary.end.reason
        assert summary.end.safe
        assert rig.simulated.bench.outputs["bias"] == pytest.approx(-0.1, abs=3e-4), "0 V at the junction"
        assert rig.world.bias_V == pytest.approx(0.0, abs=3e-5)
    with Recording(summary.recording) as recording:
        (trace,) = traces_of(recording)
        bias_V, base_K = recording.samples(*trace.samples, ("bias", "base_temperature"))
        header = recording.header
        proved = next(event for event in recording.events if event.name == "proof").payload
    assert trace.bias_V == pytest.approx(0.1, rel=1e-3)
    assert np.median(bias_V) == pytest.approx(0.1, rel=1e-3)
    assert np.nanmax(trace.conductance_G0) > 1.0
    assert header.channel("base_temperature").unit == "K"
    assert np.median(base_K) == pytest.approx(300.0, abs=0.1), "an input at 0 V"
    assert proved["numbers"]["bias loop-back V/V"] == pytest.approx(1.0, abs=0.01)


REVERSED_Z = (
    'z = { channel = "ao1", min_V = 0.0, max_V = 10.0 }',
    'z = { channel = "ao1", min_V = 0.0, max_V = 10.0, inverting = true }',
)


def test_a_piezo_and_a_bias_that_are_driven_the_other_way_round(tmp_path):
    """The tip extends as the card's volts fall; all volts of z are those that extend it, and none crosses 0 V."""
    overrides = {"piezo.reversed": True, "bias_line.inverting": True}
    with served_rig(tmp_path, overrides=overrides) as rig:
        assert load_rig(rig.file).daq.outputs.bias.inverting
        edited(rig, z=REVERSED_Z)
        bench, highest_V = rig.simulated.bench, []
        hold = bench.hold
        bench.hold = lambda signal, volts: (
            highest_V.append(volts if signal == "z" else 0.0),
            hold(signal, volts),
        )[1]

        summary = rig.bench().run(quick(1), tmp_path / "run.h5")

        assert (summary.end.status, summary.traces) == ("finished", 1), summary.end.reason
        assert summary.end.safe
        assert max(highest_V) <= 0.01, "away from the sample no further than its end"
        assert rig.world.deepest_indentation_m < 1e-9 * load_rig(rig.file).contact.most_overshoot_nm
    with Recording(summary.recording) as recording:
        (trace,) = traces_of(recording)
        (z_V,) = recording.samples(*trace.samples, ("z",))
        proved = next(event for event in recording.events if event.name == "proof").payload
    assert trace.bias_V == pytest.approx(0.1, rel=1e-3)
    assert np.nanmax(trace.conductance_G0) > 1.0
    assert z_V[0] > z_V[-1] > 0.0, "volts that extend the tip, which withdraws"
    assert proved["numbers"]["z loop-back V/V"] == pytest.approx(1.0, abs=0.01)


def test_an_output_beyond_the_roles_has_its_value_in_a_run_and_its_safe_value_after_it(tmp_path):
    heater = 'heater = { channel = "ao2", unit = "mW", scale = 2.0, min = 0.0, max = 9.0, safe = 1.0, value = 4.0 }'
    with served_rig(tmp_path, overrides={"ni6281.outputs": 4}) as rig:
        edited(rig, heater=("[daq.outputs]", f"[daq.outputs]\n{heater}\n#"))
        bench, written_V = rig.simulated.bench, []
        hold = bench.hold
        bench.hold = lambda signal, volts: (written_V.append((signal, volts)), hold(signal, volts))[1]

        summary = rig.bench().run(quick(1), tmp_path / "run.h5")

    assert summary.end.status == "finished", summary.end.reason
    heater_V = [volts for signal, volts in written_V if signal not in ("bias", "z")]
    assert max(heater_V) == pytest.approx(2.0, abs=1e-3), "4 mW at 2 mW/V"
    assert (heater_V[0], heater_V[-1]) == pytest.approx((0.5, 0.5), abs=1e-3), "safe before and after"
    with Recording(summary.recording) as recording:
        assert [event.payload["value"] for event in recording.events if event.name == "heater"] == [4.0]


def test_a_divider_that_the_rig_file_does_not_have_is_found_before_the_tip_moves(tmp_path):
    with served_rig(tmp_path) as rig:
        wrong = 'min_V = -0.2, max_V = 0.2, divider = 10.0, looped_back_at = "junction"'
        edited(rig, bias=("min_V = -2.0, max_V = 2.0", wrong))
        refused = rig.bench().run(quick(1), tmp_path / "run.h5")

    assert refused.end.status == "fault"
    assert re.search(r"is (10\.0\d\d|9\.9\d\d) of the command: a divider", refused.end.reason)


def test_an_approach_too_fast_for_the_reaction_is_refused_with_the_numbers(tmp_path):
    with served_rig(tmp_path) as rig:
        edited(rig, most=("most_overshoot_nm = 5.0", "most_overshoot_nm = 0.25"))
        with pytest.raises(
            ImpossibleSetting, match=r"50 nm/s drives the tip 1.25 nm .* 25 ms.*at most 10 nm/s"
        ):
            rig.bench().run(quick(1), tmp_path / "run.h5")
        edited(rig, rise=("rise_time_s = 3e-4", "rise_time_s = 0.3"))  # 0.3 ms was meant
        with pytest.raises(
            ImpossibleSetting, match=r"162 ms, of which 137 ms are the current amplifier's filter"
        ):
            rig.bench().run(quick(1), tmp_path / "run.h5")


@pytest.mark.parametrize(
    ("card", "bits", "delay_s"), [("PCIe-6363", 16, 0.0), ("USB-6363", 16, 0.0), ("PXI-4461", 24, 0.0315)]
)
def test_a_run_on_another_card_takes_ranges_bits_and_delay_from_the_card(tmp_path, card, bits, delay_s):
    parameters = load_parameters(overrides={"sample.species": "Au"}, card=card)
    with SimulatedRig(parameters, 1, "fast") as simulated:
        file = tmp_path / "rig.toml"
        text = rig_file_text(SimulationSettings("fast", 1, card=card), parameters, simulated.addresses)
        file.write_text(text.replace("[daq]\n", f"[daq]\nanswer_s = {ANSWER_S}\n", 1), "utf-8")

        summary = Bench(file, wires=direct_wires(simulated)).run(quick(1), tmp_path / "run.h5")

    assert (summary.end.status, summary.traces) == ("finished", 1), summary.end.reason
    assert summary.end.safe
    with Recording(summary.recording) as recording:
        found = recording.header.settings["card"]
        (trace,) = traces_of(recording)
    assert (found["product"], found["input_bits"]) == (card, bits)
    assert found["input_delay_s"] == pytest.approx(delay_s)
    assert np.nanmax(trace.conductance_G0) > 1.0
