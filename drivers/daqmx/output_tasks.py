"""NI-DAQmx tasks of a card's outputs: one on demand for each output, and one for waveforms on all of them."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from nidaqmx.stream_writers import AnalogSingleChannelWriter

from drivers.card_properties import CardProperties
from drivers.daqmx.channels import AnalogOutput
from drivers.daqmx.waveform_task import WaveformTask
from drivers.errors import RigError
from drivers.pxi import PXIController, translated

WAVEFORM = "ao"
"""Name of the task that plays waveforms, after that of the sessions."""


class OutputTasks:
    """The tasks. They reserve nothing before they are used, so that other programs may use the card.

    Parameters
    ----------
    controller : PXIController
    device : str
        NI-DAQmx name of the card.
    channels : mapping of str to AnalogOutput
        Wired outputs by name.
    clock_Hz : float
        Rate of the inputs' sample clock.
    card : callable
        Returns the card's properties; asked only for a waveform.
    """

    together: WaveformTask

    def __init__(
        self,
        controller: PXIController,
        device: str,
        channels: Mapping[str, AnalogOutput],
        clock_Hz: float,
        card: Callable[[], CardProperties],
    ) -> None:
        self._controller = controller
        self._device = device
        self._channels = channels
        self._clock_Hz = clock_Hz
        self._card = card
        self._tasks: list[Any] = []
        self._single: dict[str, Any] = {}

    @property
    def opened(self) -> bool:
        """True from `open` to `free`."""
        return bool(self._tasks)

    def open(self) -> None:
        """Create the tasks."""
        try:
            with translated("open the analogue outputs"):
                self._single = {name: self._new(name) for name in self._channels}
                together = self._new(*self._channels, part=WAVEFORM)
                self.together = WaveformTask(together, self._clock_Hz, self._clock_source)
        except BaseException:
            self.free()
            raise

    def _new(self, *names: str, part: str = "") -> Any:
        task = self._controller.new_task(part)
        self._tasks.append(task)
        for output in map(self._channels.__getitem__, names):
            low_V, high_V = output.card_limits_V
            task.ao_channels.add_ao_voltage_chan(
                f"{self._device}/{output.channel}", min_val=low_V, max_val=high_V
            )
        return task

    def _clock_source(self) -> str:
        """Return the clock of a waveform: the inputs', or its own, of the same timebase, where it can't follow that."""
        return "" if self._card().delta_sigma else f"/{self._device}/ai/SampleClock"

    def free(self) -> None:
        """Free the tasks; a lost card is not an error."""
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            with suppress(RigError), translated("close an output"):
                task.close()

    def write(self, name: str, value_V: float) -> None:
        """Write a single value of an output at once."""
        with translated(f"write to output {name!r}"):
            writer = AnalogSingleChannelWriter(self._single[name].out_stream)
            writer.verify_array_shape = False
            writer.write_one_sample(float(self._channels[name].card_V(value_V)))

    def ranges(self) -> dict[str, tuple[float, float]]:
        """Return the range of each output that NI-DAQmx has chosen for its limits, in V."""
        with translated("read the ranges of the outputs"):
            channels = [(name, task.ao_channels[0]) for name, task in self._single.items()]
            return {name: (float(one.ao_dac_rng_low), float(one.ao_dac_rng_high)) for name, one in channels}

    def bits(self, name: str) -> int:
        """Return the resolution of an output's converter."""
        with translated("read the resolution of an output"):
            return round(self._single[name].ao_channels[0].ao_resolution)
