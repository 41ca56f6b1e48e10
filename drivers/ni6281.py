"""Multifunction card (written for the NI PXI-6281): reads the rig's signals and drives bias and piezo together.

Ranges, rates and resolution are asked from the card, so that others of NI-DAQmx serve as well.

Sources: NI PCI/PXI-6281 Specifications; M Series User Manual (timing); NI-DAQmx Help; NI-DAQmx Python API 1.7.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from typing import Self

from nidaqmx.constants import AcquisitionType
from numpy.typing import ArrayLike

from analysis.records import Block
from drivers.card_properties import CardProperties
from drivers.daqmx.card_report import CardReport, read_report
from drivers.daqmx.channels import AnalogInput, AnalogOutput, InputReference, every_terminal
from drivers.daqmx.inputs import Inputs
from drivers.daqmx.outputs import Outputs
from drivers.daqmx.own_outputs import own_outputs_V, own_reference_V
from drivers.daqmx.terminals import TERMINALS, TerminalScan
from drivers.errors import InstrumentFault, NotFound, NotNow, RigError
from drivers.pxi import DeviceIdentity, PXIController

__all__ = ["NI6281", "AnalogInput", "AnalogOutput", "InputReference"]


class NI6281:
    """Card with its inputs and outputs.

    Inputs are acquired continuously; outputs are written singly, or together as a ramp or a modulation on the
    inputs' sample clock. An output changes at the tick of the clock, and the inputs are converted one after the other
    some microseconds later, so that sample n shows the output of tick n (see `drivers.daqmx.scan_timing`).

    Threads: only one thread at a time may `read`; all methods for outputs, `to_safe` and `stop_acquisition` may be
    called from any other thread meanwhile.

    Parameters
    ----------
    controller : PXIController
        Controller of the card; it stays open when the card is closed.
    device : str
        NI-DAQmx name of the card ("PXI1Slot2"); ``controller.find("6281").name`` finds it.
    inputs : sequence of AnalogInput
        Inputs in the order of the scan and of the rows of each ``Block``.
    outputs : sequence of AnalogOutput
        Wired outputs.
    rate_Hz : float
        Samples per second and channel of `read` and of ramps.
    decimation : int
        Samples of the card that are averaged to one sample of `read`.
    filtered : bool
        True to use the card's 40 kHz filter of the inputs, at rates where it settles between two channels.

    Raises
    ------
    OutOfRange
        For an invalid decimation. At `start_acquisition`: if the card has not one of the input ranges, can't make the
        rate exactly, or can't reach it with this number of inputs.
    NotFound
        If the device or one of its channels does not exist.
    """

    def __init__(
        self,
        controller: PXIController,
        device: str,
        inputs: Sequence[AnalogInput],
        outputs: Sequence[AnalogOutput],
        rate_Hz: float,
        decimation: int = 1,
        filtered: bool = False,
    ) -> None:
        self.controller = controller
        self.device = device
        self.rate_Hz = rate_Hz
        self.on_samples: Callable[[int], None] = lambda n: None
        """Called with the number of samples a channel whenever some have come, by whatever way."""

        self.heartbeat: Callable[[int], None] = lambda n: None
        """Called before it, with the same number: a line that a relay watches."""

        self._inputs = Inputs(controller, device, inputs, rate_Hz, decimation, self._asked, filtered)
        self._outputs = Outputs(
            controller,
            device,
            outputs,
            self._inputs.clock_Hz,
            decimation,
            self._asked,
            self._inputs.on_reset,
            self._inputs,
        )

    def _asked(self) -> CardProperties:
        return self.properties

    @cached_property
    def properties(self) -> CardProperties:
        """Ranges and rates of the card, asked once. Raises ``NotFound``, ``InstrumentLost``."""
        return self.controller.properties(self.device)

    @property
    def input_bits(self) -> int:
        """Resolution of the inputs' converter; 0 before the first acquisition."""
        return self._inputs.bits

    @property
    def input_delay_s(self) -> float:
        """Time by which a digital filter delays the inputs; 0 before the first acquisition."""
        return self._inputs.delay_samples / self.rate_Hz

    @property
    def identity(self) -> DeviceIdentity:
        """Name, product type and serial number of the card. Raises ``NotFound``, ``InstrumentLost``."""
        return self.controller.device(self.device)

    def close(self) -> None:
        """Stop everything and free the card, even a lost one. The outputs hold their last values.

        Call `to_safe` before leaving the rig.
        """
        with self.controller.deadline(self.controller.answer_s / 2):  # don't wait long for a lost card
            with suppress(RigError):
                self.stop_acquisition()
            self._outputs.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    # Inputs

    def start_acquisition(self, buffer_s: float = 10.0) -> None:
        """Start to sample all inputs, until `stop_acquisition`.

        Parameters
        ----------
        buffer_s : float
            Longest time between calls of `read` before samples are lost.
        """
        for name, output in self._outputs.channels.items():
            self.properties.check_output_limits(name, *output.card_limits_V)
        self._inputs.start(buffer_s)

    def stop_acquisition(self) -> None:
        """Stop sampling, and any ramp or modulation. A waiting `read` raises ``NotNow``."""
        self._inputs.stop(self._outputs.halt_with_clock)

    def read(self, n: int, timeout_s: float | None = None) -> Block:
        """Wait for the next ``n`` samples of all inputs.

        Parameters
        ----------
        n : int
            Samples per channel.
        timeout_s : float, optional
            Longest wait; by default the duration of the samples plus one second.

        Returns
        -------
        Block
            Shape (n_inputs, n) in volts, counted from the start of the acquisition.

        Raises
        ------
        ReadTimeout
            If fewer came in time; they are in ``partial`` and won't be read again.
        SamplesLost
            If the buffer overran because `read` was called too late.
        InstrumentFault
            If the acquisition was ended from outside, by a reset of the card; start it again.
        InstrumentLost
            If the card or its controller is gone.
        """
        block = self._inputs.read(n, timeout_s)
        self._came(len(block))
        return block

    @property
    def report(self) -> CardReport:
        """Properties of the card and of its last acquisition, as the card reports them.

        Raises ``InstrumentLost``, and ``NotNow`` before the first acquisition.
        """
        timing = self._inputs.timing
        if timing is None:
            raise NotNow("The card has not sampled yet; start an acquisition first")
        names = tuple(channel.name for channel in self._inputs.channels)
        return read_report(self.controller, self.device, names, timing, self._outputs.ranges())

    def samples_acquired(self) -> int:
        """Return the number of samples since the start of the acquisition, read or not."""
        return self._inputs.acquired()

    # Outputs

    def output_bits(self, name: str) -> int:
        """Return the resolution of an output's converter, as the card reports it."""
        return self._outputs.bits(name)

    @property
    def held(self) -> Mapping[str, float]:
        """Present value of each output, in V; NaN before its first write or if unknown."""
        return self._outputs.held

    def write(self, **values_V: float) -> None:
        """Write single values at once, in the order given: ``write(bias=0.1, z=3.0)``.

        Raises ``OutOfRange`` before anything is sent, and ``NotNow`` while a ramp or a modulation runs.
        """
        self._outputs.write(values_V)

    def start_ramp(self, waveforms_V: Mapping[str, ArrayLike]) -> int:
        """Start a ramp of one value per sample that holds its last value. Outputs not named keep their values.

        Parameters
        ----------
        waveforms_V : mapping of str to array, shape (n,)
            Values of equal length, by output.

        Returns
        -------
        int
            Index of the next sample of the acquisition after the ramp was armed. The ramp's first value came at this
            sample or a few before it (those that pass during one call).

        Raises
        ------
        OutOfRange
            If a value is outside its output's limits or NaN; nothing was sent.
        NotNow
            If no acquisition runs (its clock is needed), or another waveform does.
        """
        return self._start(AcquisitionType.FINITE, waveforms_V)

    def ramp_done(self) -> bool:
        """Return True if the card reports the end of the ramp or none runs; False for a modulation."""
        return self._outputs.finished()

    def samples_generated(self) -> int:
        """Return the number of samples generated of the present, or else the last, ramp or modulation."""
        return self._outputs.generated()

    def stop_ramp(self) -> int:
        """Stop the ramp at its present value; return the number of samples generated. Harmless after its end.

        If the card does not report how far the ramp came, `held` is NaN until `locate`.
        """
        return self._outputs.halt()

    def start_modulation(self, waveforms_V: Mapping[str, ArrayLike]) -> int:
        """Start a modulation of one value per sample that repeats without a gap until it is stopped.

        Parameters, errors and result are those of `start_ramp`: with n values, sample k of the acquisition was taken
        at value number (k - result) modulo n, with the same uncertainty and lag.
        """
        return self._start(AcquisitionType.CONTINUOUS, waveforms_V)

    def stop_modulation(self) -> int:
        """Stop the modulation; the outputs hold their present values. Return the number of samples generated."""
        return self._outputs.halt()

    def locate(self, name: str, seen_V: float, tolerance_V: float) -> float:
        """Find the value of an output that a stopped waveform left unknown (NaN in `held`) from its loop-back.

        Parameters
        ----------
        name : str
        seen_V : float
            Present reading of the loop-back.
        tolerance_V : float
            Largest difference between the reading and a possible value of the waveform.

        Returns
        -------
        float
            Value of the output, in V.

        Raises
        ------
        InstrumentFault
            If no possible value lies within the tolerance.
        """
        return self._outputs.locate(name, seen_V, tolerance_V)

    def all_terminals(self, rate_Hz: float) -> TerminalScan:
        """Return scans of every input terminal, wired or not; their channels are the terminals ("ai0").

        Wired terminals come first, in the order of the scan and with their own ranges and references; the others are
        read differentially. Use it while no acquisition runs.
        """
        free = self.controller.differential_inputs(self.device)
        channels = every_terminal(self._inputs.channels, free)
        return TerminalScan(self.controller, self.device, channels, rate_Hz, self._came, TERMINALS)

    def scan_of(self, channels: Sequence[AnalogInput], rate_Hz: float) -> TerminalScan:
        """Return scans of some input terminals in this order. Use it while no acquisition runs."""
        return TerminalScan(self.controller, self.device, channels, rate_Hz)

    def glance(self) -> dict[str, float]:
        """Read all inputs a few times without a clock; return their means by name, in V.

        Raises ``NotNow`` while an acquisition runs.
        """
        means = self._inputs.glance()
        self._came(1)
        return means

    def own_outputs(self) -> dict[str, float]:
        """Read the outputs inside the card, past all cables; return them by name, empty if the card can't do that.

        Raises ``NotNow`` while an acquisition runs.
        """
        channels = self._outputs.channels
        try:
            volts = own_outputs_V(
                self.controller, self.device, {name: one.channel for name, one in channels.items()}
            )
        except (InstrumentFault, NotFound):
            return {}
        return {name: one.scale * volts[name] + one.offset for name, one in channels.items()}

    def own_reference(self) -> dict[str, float]:
        """Read "ground" and "reference" inside the card, in V; empty if the card can't do that.

        Raises ``NotNow`` while an acquisition runs.
        """
        try:
            return own_reference_V(self.controller, self.device)
        except (InstrumentFault, NotFound):
            return {}

    def _came(self, n: int) -> None:
        """Tell those who wait for samples that ``n`` of each channel have come."""
        self.heartbeat(n)
        self.on_samples(n)

    def drop(self, name: str) -> None:
        """Set one output to 0 V at once, even during a waveform, by two calls, the first of which stops the waveform.

        Outputs that the ramp or modulation did not move keep their values; others that moved are unknown (NaN in
        `held`).

        Raises
        ------
        RigError
            If the output may not be at 0 V; call `to_safe` next.
        """
        self._outputs.drop(name)

    def _start(self, mode: AcquisitionType, waveforms_V: Mapping[str, ArrayLike]) -> int:
        if not self._inputs.acquiring:
            raise NotNow("No acquisition is running, and its clock drives the outputs; start one first")
        self._outputs.start(mode, waveforms_V)
        begin = self.samples_acquired()
        self._outputs.armed_at(begin)
        return begin

    def lock(self, why: str) -> None:
        """Refuse every write, ramp and modulation permanently; `drop` and `to_safe` still work.

        An emergency stop calls it so that the thread that drives the outputs can't move them again.

        Parameters
        ----------
        why : str
            Reason in the ``NotNow`` that the other thread gets.
        """
        self._outputs.lock(why)

    def write_safe(self, retracted: Mapping[str, float]) -> str:
        """Set the outputs as `to_safe` does, but never reset the card; return the values set.

        Raises
        ------
        NotNow
            If a task of another program holds an output.
        InstrumentLost
            If the card didn't answer.
        """
        return self._outputs.write_safe(retracted)

    def reserve_outputs(self) -> None:
        """Reserve all outputs until the next write, so that the card refuses every other program's.

        Raises ``NotNow`` if another program holds one.
        """
        self._outputs.reserve()

    def to_safe(self, retracted: Mapping[str, float], within_s: float = 0.9) -> str:
        """Abort any waveform, set all outputs but those named to 0 V, then those named to their values.

        It may be called at any time, repeatedly and from any thread. The acquisition continues unless the card had to
        be reset.

        Parameters
        ----------
        retracted : mapping of str to float
            Output values (V) that retract the tip: ``{"z": 0.0}``.
        within_s : float
            Time limit.

        Returns
        -------
        str
            Description of the actions.

        Raises
        ------
        InstrumentLost
            If the card didn't answer in time; the rig's state is unknown.
        """
        return self._outputs.to_safe(retracted, within_s)
