"""Last resort: make the rig safe after the program that drove it has died."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from analysis.loop_backs import Tolerance
from drivers.errors import RigError
from drivers.ni6281 import NI6281, AnalogInput, AnalogOutput
from drivers.pxi import PXIController

_ANY_RATE_HZ = 1000.0

LOOPED_BACK = "bias", "z"
"""Outputs whose loop-back has the same name among the inputs."""


@dataclass(frozen=True)
class LoopBacks:
    """Inputs, some of which loop back the output of the same name, and their tolerance."""

    inputs: Sequence[AnalogInput]
    tolerance: Tolerance = field(default_factory=Tolerance)


def make_safe(
    controller_address: str,
    device: str,
    outputs: Sequence[AnalogOutput],
    safe_values: Mapping[str, float],
    within_s: float = 1.0,
    loop_backs: LoopBacks | None = None,
) -> str:
    """Reset the card, set 0 V on all outputs but those named, then the values named.

    Tasks of a dead client, such as a modulation, continue in an NI gRPC Device Server; only a reset of the card ends
    them.

    Parameters
    ----------
    controller_address : str
        "local" or "grpc://HOST:PORT".
    device : str
        NI-DAQmx name of the card.
    outputs : sequence of AnalogOutput
        All wired outputs.
    safe_values : mapping of str to float
        Output values (V) that retract the tip: ``{"z": 0.0}``.
    within_s : float
        Time limit.
    loop_backs : LoopBacks, optional
        Loop-backs to check afterwards.

    Returns
    -------
    str
        Actions taken, and whether the loop-backs confirm them.

    Raises
    ------
    InstrumentLost
        If nothing answered in time; ``NotFound`` if nothing answered at all.
    """
    with PXIController(controller_address, within_s / 2) as controller, controller.deadline(within_s):
        controller.reset(device)
        inputs = () if loop_backs is None else tuple(loop_backs.inputs)
        with NI6281(controller, device, inputs, outputs, _ANY_RATE_HZ) as card:
            done = f"card reset, {card.to_safe(safe_values, within_s)}"
            if loop_backs is None:
                return f"{done} (commanded, not seen)"
            return f"{done} ({seen(card, loop_backs.tolerance)})"


def seen(card: NI6281, tolerance: Tolerance) -> str:
    """Compare the loop-backs with the outputs while the card is not sampling; return the result as text."""
    try:
        shown = card.glance()
    except RigError as error:
        return f"commanded, not seen: {error}"
    wrong = [
        f"{name} reads {shown[name]:+.4g} V"
        for name, volts in card.held.items()
        if name in LOOPED_BACK and name in shown and not tolerance.holds(shown[name], volts)
    ]
    return f"commanded, not seen: {', '.join(wrong)}" if wrong else "seen on the loop-backs"
