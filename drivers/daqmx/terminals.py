"""Scans of every analogue input terminal of a card, wired or not, to see which of them answers to a stimulus."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from itertools import groupby
from typing import Any, Self

import numpy as np
from nidaqmx.constants import AcquisitionType
from nidaqmx.stream_readers import AnalogMultiChannelReader

from analysis.records import Block, FloatArray
from drivers.daqmx.channels import AnalogInput, require_numbers
from drivers.daqmx.inputs import TERMINAL_CONFIGURATIONS
from drivers.errors import RigError
from drivers.ni_errors import translated
from drivers.pxi import PXIController

BUFFER = 20_000

TERMINALS = "terminals"
"""Name of the task that scans all terminals, after that of the sessions."""


class TerminalScan:
    """Short acquisitions of all terminals, one after the other, by one task. Use it in a ``with`` block.

    Parameters
    ----------
    controller : PXIController
    device : str
        NI-DAQmx name of the card.
    channels : sequence of AnalogInput
        Terminals in the order of the scan; their names become the channels of each ``Block``.
    rate_Hz : float
        Samples per second and channel.
    on_samples : callable
        Called with the number of samples of each scan.
    part : str
        Name of the task after that of the sessions, for a scan of which there is only one at a time.
    """

    def __init__(
        self,
        controller: PXIController,
        device: str,
        channels: Sequence[AnalogInput],
        rate_Hz: float,
        on_samples: Callable[[int], None] = lambda n: None,
        part: str = "",
    ) -> None:
        self._part = part
        self._on_samples = on_samples
        self._controller = controller
        self._device = device
        self._channels = tuple(channels)
        self._rate_Hz = rate_Hz
        self._task: Any = None

    def __enter__(self) -> Self:
        with translated("prepare a scan of all inputs"):
            self._task = self._controller.new_task(self._part)
            try:
                self._configure()
            except BaseException:
                self._task.close()
                raise
        return self

    def _configure(self) -> None:
        alike = groupby(self._channels, lambda one: (one.range_V, one.terminal))
        for (range_V, terminal), channels in alike:
            self._task.ai_channels.add_ai_voltage_chan(
                ", ".join(f"{self._device}/{one.channel}" for one in channels),
                terminal_config=TERMINAL_CONFIGURATIONS[terminal],
                min_val=-range_V,
                max_val=range_V,
            )
        self._task.timing.cfg_samp_clk_timing(
            self._rate_Hz, sample_mode=AcquisitionType.CONTINUOUS, samps_per_chan=BUFFER
        )
        self._reader = AnalogMultiChannelReader(self._task.in_stream)
        self._reader.verify_array_shape = False

    def __exit__(self, *exc: object) -> None:
        with suppress(RigError), translated("end the scan of all inputs"):
            self._task.close()

    def read_while(self, acts: Iterable[tuple[Callable[[], object], int]]) -> Block:
        """Acquire without a gap while something is done: each act, then the samples that follow it.

        Raises
        ------
        NotNow, InstrumentLost, InstrumentFault
            As `read`.
        """
        parts = []
        with translated("scan all inputs"):
            self._task.start()
            try:
                for act, n in acts:
                    act()
                    data = np.empty((len(self._channels), n))
                    self._reader.read_many_sample(data, n, n / self._rate_Hz + 1.0)
                    self._on_samples(n)
                    parts.append(data)
            finally:
                self._task.stop()
        return self._block(np.concatenate(parts, axis=1))

    def read(self, n: int) -> Block:
        """Acquire ``n`` new samples of every terminal; return them counted from 0, wired ones as their quantities.

        Raises
        ------
        NotNow
            If another acquisition uses the card.
        InstrumentLost, InstrumentFault
            If the samples do not come, or one has no number.
        """
        data = np.empty((len(self._channels), n))
        with translated("scan all inputs"):
            self._task.start()
            try:
                self._reader.read_many_sample(data, n, n / self._rate_Hz + 1.0)
            finally:
                self._task.stop()
        self._on_samples(n)
        return self._block(data)

    def _block(self, data: FloatArray) -> Block:
        names = tuple(one.name for one in self._channels)
        require_numbers(names, data)
        scale, offset = np.array([(one.scale, one.offset) for one in self._channels]).T[:, :, np.newaxis]
        return Block(0, self._rate_Hz, names, scale * data + offset)
