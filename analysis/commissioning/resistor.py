"""Wiring of a rig with a known resistor in place of the junction, from its response matrix.

The resistor shows what no response of an empty rig can: which output drives the sample, that the cables of sample and
probe lead to the amplifier, and the sign of the whole chain.
"""

from dataclasses import dataclass

from analysis.conductance import CurrentCalibration
from analysis.preflight.measured import Facts, Measured
from analysis.preflight.outputs import OUTPUTS
from analysis.preflight.responses import Mismatch, Part
from analysis.preflight.verdict import mismatches

NOT_STARTED = " The run was not started."
"""Sentence of a proof before a run, which means nothing here."""

SHARE = 0.3
"""Largest relative deviation of a response that still is the resistor's: a gain error is measured later."""

NONE = 0.1
"""Share of the expected response below which no current flows."""


@dataclass(frozen=True)
class Resistor:
    """Resistor in place of the junction.

    Parameters
    ----------
    resistance_ohm : float
    amplifier : CurrentCalibration
        Gain, sign and series resistance that the rig file states.
    """

    resistance_ohm: float
    amplifier: CurrentCalibration

    @property
    def expected_slope(self) -> float:
        """Change of the current input per volt of bias, in V/V, with its sign."""
        total_ohm = self.resistance_ohm + self.amplifier.series_resistance_ohm
        slope = self.amplifier.gain_V_per_A / total_ohm
        return -slope if self.amplifier.inverting else slope


def wiring_faults(measured: Measured, facts: Facts, resistor: Resistor) -> list[str]:
    """Return what is wrong with a rig, as sentences that name terminal, cause and remedy; empty for a right one."""
    elsewhere = _amplifier_on(measured, facts, resistor)
    if elsewhere is not None:
        own = facts.wiring.input("current")
        return [
            f"The {facts.current_amplifier} answers on {facts.wiring.at(elsewhere)}, but the rig file says {own}. "
            "Move its "
            "cable, or correct daq.inputs of the rig file."
        ]
    found = mismatches(measured, facts)
    outputs = [one for one in found if one.part is Part.LOOP_BACK]
    if outputs:
        return [_text(outputs[0]) + _driver(measured, facts, resistor), *map(_text, outputs[1:])]
    chain = _chain(measured, facts, resistor)
    others = [one for one in found if not (chain and one.part is Part.CURRENT and _of_response(one))]
    current_first = sorted(others, key=lambda one: one.part is not Part.CURRENT)
    return [*chain, *map(_text, current_first)]


def _amplifier_on(measured: Measured, facts: Facts, resistor: Resistor) -> str | None:
    """Return the terminal, other than its own, that shows the current of the resistor; None if there is none."""
    own, expected = facts.wiring.terminals["current"], abs(resistor.expected_slope)
    loop_backs = {facts.wiring.terminals[name] for name in OUTPUTS}
    shares = {
        terminal: abs(measured.responses.slope("bias", terminal)) / expected
        for terminal in measured.responses.order
    }
    if shares[own] > NONE:
        return None
    near = (
        terminal
        for terminal, share in shares.items()
        if abs(share - 1) < SHARE and terminal not in loop_backs
    )
    return next(near, None)


def _text(mismatch: Mismatch) -> str:
    return mismatch.text.replace(NOT_STARTED, "")


def _of_response(mismatch: Mismatch) -> bool:
    """Return True for a mismatch of sign or size, which the resistor explains better."""
    return "polarity of the current" in mismatch.text or "times the response" in mismatch.text


def _share(measured: Measured, facts: Facts, resistor: Resistor, output: str) -> float:
    """Return the response of the current input to an output, in units of the expected one."""
    slope = measured.responses.slope(output, facts.wiring.terminals["current"])
    return slope / resistor.expected_slope


def _driver(measured: Measured, facts: Facts, resistor: Resistor) -> str:
    """Return which output the resistor shows to drive the sample, for loop-backs that are swapped; "" otherwise."""
    own = {name: facts.wiring.terminals[name] for name in OUTPUTS}
    crossed = abs(measured.responses.slope("bias", own["z"])) > 0.5
    shares = {name: abs(_share(measured, facts, resistor, name)) for name in OUTPUTS}
    bias, z = facts.wiring.output("bias"), facts.wiring.output("z")
    if crossed and shares["z"] > 1 - SHARE > shares["bias"]:
        return (
            f" With the resistor the {z} drives the sample: the two outputs are swapped. Exchange the cables of "
            f"{bias} and {z}; the loop-backs are right."
        )
    if crossed and shares["bias"] > 1 - SHARE > shares["z"]:
        return (
            f" With the resistor the {bias} drives the sample, so the outputs are right and the loop-backs are "
            "swapped: "
            f"exchange the cables of {facts.wiring.input('bias')} and {facts.wiring.input('z')}."
        )
    return ""


def _chain(measured: Measured, facts: Facts, resistor: Resistor) -> list[str]:
    """Return what the current through the resistor says of amplifier, cables and resistor."""
    share = _share(measured, facts, resistor, "bias")
    test = measured.responses.slope("test current", facts.wiring.terminals["current"])
    proved = measured.test_current_V is not None and abs(test) > NONE
    own, amplifier = facts.wiring.input("current"), facts.current_amplifier
    expected = resistor.expected_slope
    moved = f"the {own} moves by {share * expected:+.4g} V per V of bias, expected {expected:+.4g} V/V"
    if abs(share) < NONE:
        if measured.test_current_V is not None and not proved:
            return []  # the amplifier itself does not show: the proof without a resistor explains that
        return [
            f"No current flows through the resistor: {moved}. The resistor is not connected, or the cable from the "
            f"{facts.wiring.output('bias')} to the sample or from the probe to the input of the {amplifier} is off."
        ]
    if share < 0:
        return [_reversed(moved, facts, resistor, proved, test)]
    if proved and test < 0:
        return [
            f"The sign of the current is right ({moved}), but the test current of the {amplifier} moves the {own} the "
            "other way: set suppression_adds = true in [current_amplifier] of the rig file."
        ]
    if abs(share - 1) <= SHARE:
        return []
    if proved and abs(test / share - 1) < SHARE:
        return [
            f"The {amplifier} shows {share:.3g} times what gain_V_per_A implies: {moved}, and its own test current "
            "gives "
            f"{test:.3g} times its value. Check gain_V_per_A of the rig file, and range, x10 and filter at the "
            "amplifier."
        ]
    cause = (
        f"its own test current is right, so the resistor is not {resistor.resistance_ohm:.4g} ohm or "
        "junction.series_resistance_ohm is wrong"
        if proved
        else f"gain_V_per_A of the rig file is wrong, or the resistor is not {resistor.resistance_ohm:.4g} ohm"
    )
    return [f"The current is {share:.3g} times the expected one: {moved}; {cause}."]


def _reversed(moved: str, facts: Facts, resistor: Resistor, proved: bool, test: float) -> str:
    remedy = "false" if resistor.amplifier.inverting else "true"
    if proved and test > 0:
        return (
            f"The sign of the current is wrong: {moved}, while the test current of the {facts.current_amplifier} moves "
            f"it as it should. The bias has the wrong sign behind its loop-back: exchange the leads from the "
            f"{facts.wiring.output('bias')} to the sample. If an inverting amplifier is certain, set inverting = "
            f"{remedy} "
            "and suppression_adds in [current_amplifier] of the rig file."
        )
    both = ", and its own test current is reversed too" if proved else ""
    return (
        f"The sign of the current is wrong: {moved}{both}. Set inverting = {remedy} in [current_amplifier] of the rig "
        f"file if the {facts.current_amplifier} inverts, or exchange the leads of its output."
    )
