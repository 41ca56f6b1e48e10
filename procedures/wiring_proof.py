"""Proof of the wiring before the first motion of a run: outputs by their loop-backs, current input by its amplifier.

The tip is retracted and the bias is 0 V. Each output is moved by a few millivolts; its own loop-back must follow and
the other must not. Then the current amplifier suppresses a small current at its own input, which the current input
must follow. The tip moves by half a nanometre at most, or by the extension for 2 mV.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.records import EventKind
from procedures.context import ProcedureContext
from procedures.errors import CurrentInputFault, LoopBackFault
from procedures.sample_reader import SampleReader

STEP_V = 0.01
"""Largest step of an output, a hundred times the noise of its loop-back."""

LARGEST_STEP_M = 0.5e-9
SMALLEST_STEP_V = 0.002
SHARE = 0.25
"""Largest error of a loop-back, as a share of the step."""

SETTLE_S = 0.01
MEAN_S = 0.04
"""Averaging time: two periods of the mains."""

CURRENT_SHARE = 0.2
"""Largest error of the current input, as a share of the expected response."""

DEAD_SHARE = 0.1
RAIL_SHARE = 0.995
RISE_TIMES = 5.0
"""Settling time of an amplifier, in rise times."""

OUTPUTS = ("bias", "z")

WITHOUT_SUPPRESSION = (
    "If the input works and only the amplifier's current suppression does not, set test_current = false in "
    "[current_amplifier] of the rig file. Runs then start without this proof, and a dead input shows only as a "
    "missing contact."
)
"""Remedy for an amplifier whose suppression the proof can't use."""


@dataclass(frozen=True)
class ChannelResponse:
    """Change of each channel, in V, after a step of one output."""

    output: str
    step_V: float
    moved_V: dict[str, float]

    @property
    def own(self) -> float:
        """Response of the output's own loop-back, as a share of the step."""
        return self.moved_V[self.output] / self.step_V

    @property
    def other(self) -> str:
        """Name of the other output."""
        return OUTPUTS[1 - OUTPUTS.index(self.output)]

    @property
    def crossed(self) -> float:
        """Response of the other loop-back, as a share of the step."""
        return self.moved_V[self.other] / self.step_V


def prove_outputs(context: ProcedureContext, watch: SampleReader) -> dict[str, Any]:
    """Move bias and z by a few millivolts each; return the response of every loop-back, for the recording.

    Raises
    ------
    LoopBackFault
        If a loop-back is wrong; names terminals, commanded and measured volts.
    """
    rest = watch.means(MEAN_S)
    for output, commanded_V in {"bias": 0.0, "z": context.safe_z_V}.items():
        _check_rest(context, output, rest[output], commanded_V)
    responses = [_response(context, watch, output, step_V) for output, step_V in steps_V(context).items()]
    for response in responses:
        _check(context, response, responses)
    return {
        response.output: {"step_V": response.step_V, "moved_V": response.moved_V} for response in responses
    }


def steps_V(context: ProcedureContext) -> dict[str, float]:
    """Return the step of each output, in V; z moves toward the sample, from the retracted end."""
    low, high = context.bias_range_V
    bias_V = min(STEP_V, high) if high >= -low else -min(STEP_V, -low)
    z_V = float(np.clip(LARGEST_STEP_M / context.extension_m_per_V, SMALLEST_STEP_V, STEP_V))
    return {"bias": bias_V, "z": z_V}


def _response(context: ProcedureContext, watch: SampleReader, output: str, step_V: float) -> ChannelResponse:
    rest_V = {"bias": 0.0, "z": context.safe_z_V}[output]
    before = watch.means(MEAN_S)
    context.daq.write(**{output: rest_V + step_V})
    try:
        watch.means(SETTLE_S)
        after = watch.means(MEAN_S)
    finally:
        context.daq.write(**{output: rest_V})
    watch.means(SETTLE_S)
    return ChannelResponse(output, step_V, {name: after[name] - before[name] for name in before})


def _check_rest(context: ProcedureContext, output: str, measured_V: float, commanded_V: float) -> None:
    if not context.loop_backs.holds(measured_V, commanded_V):
        raise LoopBackFault(
            f"The {context.input_name(output)} reads {measured_V:+.4g} V while the {context.output_name(output)} is "
            f"commanded to {commanded_V:+.4g} V; nothing was moved. Check the wires of both, and daq.inputs and "
            "daq.outputs of the rig file."
        )


def _check(context: ProcedureContext, response: ChannelResponse, responses: list[ChannelResponse]) -> None:
    own, other = context.input_name(response.output), context.input_name(response.other)
    output = context.output_name(response.output)
    shown = (
        f"a step of {_mV(response.step_V)} on the {output} moved the {own} by "
        f"{_mV(response.moved_V[response.output])} and the {other} by {_mV(response.moved_V[response.other])}"
    )
    if all(abs(each.own) < SHARE and abs(abs(each.crossed) - 1) < SHARE for each in responses):
        bias, z = (context.terminals.get(name, "its input") for name in OUTPUTS)
        raise LoopBackFault(
            f"Bias shows on {z} and z on {bias}: loop-backs or outputs are swapped ({shown}). The run was not started. "
            "Check the wires, and daq.inputs and daq.outputs of the rig file; a resistor in place of the junction "
            "shows which pair is swapped."
        )
    if abs(response.own - 1) > SHARE:
        raise LoopBackFault(f"The {own} {_why(response.own)}: {shown}. The run was not started.")
    if abs(response.crossed) > SHARE:
        raise LoopBackFault(
            f"The {output} shows on both loop-backs: {shown}. The run was not started; look for a short between the "
            "wires."
        )


def _why(own: float) -> str:
    if abs(own) < DEAD_SHARE / 2:
        return "does not follow its output (wire off, wrong input in the rig file, or dead output)"
    if abs(own + 1) < SHARE:
        return f"is {own:.3f} of the command (its leads are reversed)"
    return f"is {own:.3f} of the command (a divider or an amplifier that is not in the rig file)"


def _mV(volts: float) -> str:
    return f"{volts * 1e3:+.2f} mV"


def prove_current(context: ProcedureContext, watch: SampleReader) -> dict[str, Any] | None:
    """Let the current amplifier suppress a current at its own input; return the response, or None if it can't.

    The sign is not checked: it depends on the amplifier.

    Raises
    ------
    CurrentInputFault
        If the current input does not move, or not by the amount that the gain implies.
    """
    if context.test_current is None:
        return None
    settle_s = max(SETTLE_S, RISE_TIMES * context.rise_time_s)
    before = watch.means(MEAN_S)
    if abs(before["current"]) >= RAIL_SHARE * context.amplifier.full_scale_V:
        raise CurrentInputFault(
            f"The {context.input_name('current')} stands at {before['current']:+.4g} V, the amplifier's rail, "
            "at 0 V bias with the tip retracted. Check for a leak, a tip in contact, or the amplifier's own bias "
            "supply; nothing was moved."
        )
    with context.test_current() as expected_V:
        watch.means(settle_s)
        after = watch.means(MEAN_S)
    watch.means(settle_s)
    moved_V = {name: after[name] - before[name] for name in before}
    _check_current(context, abs(expected_V), moved_V)
    return {"expected_V": expected_V, "moved_V": moved_V}


def _check_current(context: ProcedureContext, expected_V: float, moved_V: dict[str, float]) -> None:
    share = abs(moved_V["current"]) / expected_V
    if abs(share - 1) <= CURRENT_SHARE:
        return
    current = context.input_name("current")
    for name, volts in moved_V.items():
        if name != "current" and share < DEAD_SHARE and abs(abs(volts) / expected_V - 1) <= CURRENT_SHARE:
            raise CurrentInputFault(
                f"The current amplifier appears on the {context.input_name(name)}, but the rig file says {current}. "
                "Swap the cables, or correct daq.inputs of the rig file; nothing was moved."
            )
    if share < DEAD_SHARE:
        raise CurrentInputFault(
            f"The {current} does not follow the current amplifier: a test current should move it by "
            f"{expected_V:.3g} V and moved it by {moved_V['current']:+.3g} V, and no other input follows. Its cable is "
            "off or on an unused input, or the amplifier's output is dead; nothing was moved. "
            f"{WITHOUT_SUPPRESSION}"
        )
    raise CurrentInputFault(
        f"The {current} shows {share:.3g} times the response that gain_V_per_A implies: a test current moved it by "
        f"{moved_V['current']:+.3g} V instead of {expected_V:.3g} V. Check gain_V_per_A and the amplifier's range; "
        f"nothing was moved. {WITHOUT_SUPPRESSION}"
    )


def prove(context: ProcedureContext, watch: SampleReader) -> bool:
    """Prove and record outputs and current input; return True if the current input was proved to work."""
    outputs = prove_outputs(context, watch)
    current = prove_current(context, watch)
    watch.event(EventKind.MARK, "wiring proved", {**outputs, "current": current})
    return current is not None
