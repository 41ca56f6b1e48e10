"""A break-junction run with each of the current amplifiers, and what the recording says of it."""

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
from simulators.parameters import load_parameters
from simulators.rig.faults import Overload
from simulators.rig.signal_chain import AmplifierModels
from simulators.simulated_rig import SimulatedRig
from tests.support.patience import ANSWER_S
from tests.support.rig.rigs import quick

MODELS = {
    "sr570": ("sr560", "sent, not read back", 5.0),
    "dlpca200": ("manual", "sent, not read back", 5.0),
    "manual": ("sr560", "declared, not read back", 5.0),
}
"""Current amplifiers: the preamplifier beside it, the provenance, and full scale (the input's range is 5 V)."""


@pytest.fixture(autouse=True)
def no_watchdog(monkeypatch):
    from tests.stories.test_wiring import NoWatchdog

    monkeypatch.setattr("app.acquisition.bench.Watchdog", NoWatchdog)


def overload_seen(simulated, rig, wires):
    """What the amplifier says of an overload, without and with one."""
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
