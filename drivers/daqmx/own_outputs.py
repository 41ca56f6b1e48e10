"""Read-back of outputs inside a card, by channels that connect its converter to them without any cable.

Source: NI-DAQmx Help, "Physical Channels", "Internal Channels" (``_ao0_vs_aognd``); M Series cards have them.
"""

from collections.abc import Mapping

import numpy as np
from nidaqmx.constants import TerminalConfiguration
from nidaqmx.stream_readers import AnalogMultiChannelReader

from drivers.ni_errors import translated
from drivers.pxi import PXIController

RANGE_V = 10.0
READS = 20


def own_outputs_V(controller: PXIController, device: str, outputs: Mapping[str, str]) -> dict[str, float]:
    """Return the volts at output terminals as the card itself sees them.

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
    with translated("read the outputs inside the card"):
        task = controller.new_task()
        try:
            task.ai_channels.add_ai_voltage_chan(
                ", ".join(f"{device}/_{terminal}_vs_aognd" for terminal in outputs.values()),
                terminal_config=TerminalConfiguration.DEFAULT,
                min_val=-RANGE_V,
                max_val=RANGE_V,
            )
            reader = AnalogMultiChannelReader(task.in_stream)
            rows = np.empty((READS, len(outputs)))
            for row in rows:
                reader.read_one_sample(row)
        finally:
            task.close()
    return dict(zip(outputs, rows.mean(axis=0).tolist(), strict=True))
