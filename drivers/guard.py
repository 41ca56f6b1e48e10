"""The last resort: make the rig safe when the program that drove it is dead."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from analysis.loop_backs import Tolerance
from drivers.errors import RigError
from drivers.ni6281 import NI6281, AnalogInput, AnalogOutput
from drivers.pxi import PXIController

_ANY_RATE_HZ = 1000.0


@dataclass(frozen=True)
class LoopBacks:
    """Inputs of which some show outputs of the same name, and how far they may be from them."""

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
    """Take the card from whoever held it, put out 0 V on all outputs but those named, then the values named.

    A dead client's tasks live on in an NI gRPC Device Server, a modulation among them; only a reset of the card
    ends them.

    Parameters
    ----------
    controller_address : str
        "local" or "grpc://HOST:PORT".
    device : str
        NI-DAQmx name of the card.
    outputs : sequence of AnalogOutput
        All outputs that are wired.
    safe_values : mapping of str to float
        Where the tip is out of reach (V): ``{"z": 0.0}``.
    within_s : float
        When to give up.
    loop_backs : LoopBacks, optional
        To look at afterwards.

    Returns
    -------
    str
        What was done, and whether the loop-backs show it.

    Raises
    ------
    InstrumentLost
        Nothing answered in time; ``NotFound`` when nothing answered at all.
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
    """Look whether the loop-backs of a card that samples nothing show what its outputs hold; get it in words."""
    try:
        shown = card.glance()
    except RigError as error:
        return f"commanded, not seen: {error}"
    wrong = [
        f"{name} reads {shown[name]:+.4g} V"
        for name, volts in card.held.items()
        if name not in shown or not tolerance.holds(shown[name], volts)
    ]
    return f"commanded, not seen: {', '.join(wrong)}" if wrong else "seen on the loop-backs"
