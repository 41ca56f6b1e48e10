"""Verdict of a proof: mismatches, what was measured, and what could not be proved."""

from analysis.preflight.current_input import current_mismatches, second_proved, swapped_with_thermometer
from analysis.preflight.measured import Facts, Measured
from analysis.preflight.outputs import OUTPUTS, output_mismatches
from analysis.preflight.responses import Mismatch
from analysis.preflight.thermometer import (
    THERMOMETER_NOISE,
    expected_noise_ratio,
    gain_ratio,
    heard_V_per_rtHz,
    noise_ratio,
    thermometer_mismatches,
)

NEVER_PROVED = (
    "outputs and loop-backs swapped alike: the wires from the outputs to sample and piezo are not seen",
    "sign of the bias at the sample, and the piezo's direction",
)
"""Facts that no response of a rig at rest can show."""

JUNCTION_PATH = "cables from bias to sample and from probe to current amplifier: only a contact proves them"


def mismatches(measured: Measured, facts: Facts) -> list[Mismatch]:
    """Return all that is wrong with a rig; empty for a right one."""
    outputs = output_mismatches(measured.responses, measured.steps_V, facts.wiring)
    current = current_mismatches(measured, facts)
    thermometer = [] if swapped_with_thermometer(measured, facts) else thermometer_mismatches(measured, facts)
    return [*outputs, *current, *thermometer]


def not_proved(measured: Measured, facts: Facts, contact: str = "") -> list[str]:
    """Return what this proof could not show, as clauses; ``contact`` names the last known contact."""
    amplifier, preamplifier, step = facts.current_amplifier, facts.preamplifier, measured.gain_step
    missing = []
    if measured.test_current_V is None:
        missing.append(f"current input, its sign and size: the {amplifier} has no test current")
    if facts.second_current is not None and not second_proved(measured, facts):
        missing.append(
            f"{facts.wiring.input(facts.second_current.name)}: a run compares it once a current flows in its range"
        )
    if measured.overloaded:
        missing.append(
            f"that the {amplifier} is not overloaded: it reports an overload, though its output is at rest. It "
            "oscillates, or its overload line is stuck or not wired"
        )
    if measured.whole and measured.zero_V is None:
        missing.append(f"offset of the {amplifier}: it has no zero check that the program can set")
    if not facts.answers:
        missing.append(f"settings of the {amplifier}: they can't be read back")
    if not measured.whole:
        missing.append(
            f"offset of the {amplifier}, step of z, {preamplifier}: only a proof in full tests them"
        )
    elif step is None:
        missing.append(f"{preamplifier} and thermocouple: the program can't ground it or change its gain")
    else:
        if gain_ratio(step, facts) is None:
            missing.append(f"that the {preamplifier} obeys: its output is too small to see a gain step")
        if noise_ratio(step, facts) is None or expected_noise_ratio(step, facts) is None:
            missing.append("thermocouple: its resistance is not known (probe.thermocouple_ohm), or not heard")
    return [*missing, f"{JUNCTION_PATH} (last: {contact or 'none known'})", *NEVER_PROVED]


def numbers(measured: Measured, facts: Facts) -> dict[str, float]:
    """Return the measured numbers by name, in SI units, for the recording and the next proof."""
    own, slope = facts.wiring.terminals, measured.responses.slope
    values: dict[str, float | None] = {
        f"{name} loop-back V/V": slope(name, own[name])
        for name in OUTPUTS
        if name in measured.responses.slopes
    }
    values["current input at rest V"] = measured.at_rest[own["current"]].mean_V
    values["current noise V"] = measured.at_rest[own["current"]].sd_V
    values["current per bias V/V"] = slope("bias", own["current"])
    values["thermometer per bias V/V"] = slope("bias", own["thermocouple"])
    if measured.test_current_V is not None:
        values["test current"] = slope("test current", own["current"])
    values["zero check V"] = measured.zero_V
    if (step := measured.gain_step) is not None:
        values["preamplifier gain ratio"] = gain_ratio(step, facts)
        values["thermometer noise ratio"] = noise_ratio(step, facts)
        values[THERMOMETER_NOISE] = heard_V_per_rtHz(step, facts)
        values["mains at the thermometer V"] = step.coupled[own["thermocouple"]].mains_V
    return {name: float(value) for name, value in values.items() if value is not None}
