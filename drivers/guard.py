"""The last resort: make the rig safe when the program that drove it is dead."""

from collections.abc import Mapping, Sequence

from drivers.ni6281 import NI6281, AnalogOutput
from drivers.pxi import PXIController

_ANY_RATE_HZ = 1000.0


def make_safe(
    controller_address: str,
    device: str,
    outputs: Sequence[AnalogOutput],
    safe_values: Mapping[str, float],
    within_s: float = 1.0,
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

    Returns
    -------
    str
        What was done.

    Raises
    ------
    InstrumentLost
        Nothing answered in time; ``NotFound`` when nothing answered at all.
    """
    with PXIController(controller_address, within_s / 2) as controller, controller.deadline(within_s):
        controller.reset(device)
        with NI6281(controller, device, (), outputs, _ANY_RATE_HZ) as card:
            return f"card reset, {card.to_safe(safe_values, within_s)}"
