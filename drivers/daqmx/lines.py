"""Digital lines of a card, written and read one by one. They hold their levels between the calls."""

from collections.abc import Mapping
from typing import Self

import numpy as np
from nidaqmx.stream_readers import DigitalMultiChannelReader
from nidaqmx.stream_writers import DigitalMultiChannelWriter

from drivers.pxi import ANSWER_S, Connect, PXIController, translated


class DigitalLines:
    """Lines of one device, over a connection of their own.

    Parameters
    ----------
    controller : PXIController
        Closed together with the lines.
    device : str
        NI-DAQmx name of the device.
    """

    def __init__(self, controller: PXIController, device: str) -> None:
        self._controller = controller
        self._device = device

    @classmethod
    def at(
        cls, address: str, device: str, answer_s: float = ANSWER_S, connect: Connect | None = None
    ) -> Self:
        """Connect to the controller at an address. Raises ``NotFound`` if nothing answers."""
        return cls(PXIController(address, answer_s, connect), device)

    def write(self, levels: Mapping[str, bool]) -> None:
        """Drive lines ("port0/line2"), all at once; they hold.

        Raises
        ------
        NotFound
            If the card has no such line.
        NotNow
            If another program uses one of them.
        """
        with translated("set the digital lines"), self._controller.new_task() as task:
            for line in levels:
                task.do_channels.add_do_chan(f"{self._device}/{line}")
            writer = DigitalMultiChannelWriter(task.out_stream)
            writer.verify_array_shape = False
            writer.write_one_sample_one_line(np.array(list(levels.values()), dtype=np.bool_))

    def read(self, line: str) -> bool:
        """Return the level of a line that something else drives. Raises as `write`."""
        level = np.empty(1, dtype=np.bool_)
        with translated("read a digital line"), self._controller.new_task() as task:
            task.di_channels.add_di_chan(f"{self._device}/{line}")
            reader = DigitalMultiChannelReader(task.in_stream)
            reader.verify_array_shape = False
            reader.read_one_sample_one_line(level)
        return bool(level[0])

    def close(self) -> None:
        """Close the connection."""
        self._controller.close()
