"""Readings inside a card, by channels that connect its converter without any cable: outputs, ground, reference.

Source: NI-DAQmx Help, "Physical Channels", "Internal Channels" (``_ao0_vs_aognd``, ``_aignd_vs_aignd``,
``_calref_vs_aignd``); M Series cards have them.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from nidaqmx.constants import TerminalConfiguration
from nidaqmx.stream_readers import AnalogMultiChannelReader

from drivers.ni_errors import translated
from drivers.pxi import PXIController

RANGE_V = 10.0
READS = 20
OWN_READS = 8
OWN = {"ground": "_aignd_vs_aignd", "reference": "_calref_vs_aignd"}
"""Channels by which a card sees its own ground and the reference of its self-calibration."""


def own_outputs_V(controller: PXIController, device: str, outputs: Mapping[str, str]) -> dict[str, float]:
    """Return the volts at output terminals as the card itself sees them, less what it reads at its own ground.

    Parameters
    ----------
    controller : PXIController
    device : str
        NI-DAQmx name of the card.
    outputs : mapping of str to str
        Terminals ("ao0") by name.

    Raises
    ------
    NotFound, InstrumentFault
        If the card has no such channels.
    NotNow
        If an acquisition runs.
    """
    channels = [*(f"_{terminal}_vs_aognd" for terminal in outputs.values()), OWN["ground"]]
    *seen_V, ground_V = _inside_V(controller, device, channels, READS)
    return {name: volts - ground_V for name, volts in zip(outputs, seen_V, strict=True)}


def own_reference_V(controller: PXIController, device: str) -> dict[str, float]:
    """Return the volts of the card's "ground" and "reference", as its inputs read them. Raises as `own_outputs_V`."""
    return dict(zip(OWN, _inside_V(controller, device, list(OWN.values()), OWN_READS), strict=True))


def _inside_V(controller: PXIController, device: str, channels: Sequence[str], reads: int) -> list[float]:
    with translated("read inside the card"):
        task = controller.new_task()
        try:
            task.ai_channels.add_ai_voltage_chan(
                ", ".join(f"{device}/{channel}" for channel in channels),
                terminal_config=TerminalConfiguration.DEFAULT,
                min_val=-RANGE_V,
                max_val=RANGE_V,
            )
            seen_V = np.empty((len(channels), reads))
            AnalogMultiChannelReader(task.in_stream).read_many_sample(seen_V, reads)
        finally:
            task.close()
    return [float(mean) for mean in seen_V.mean(axis=1)]
