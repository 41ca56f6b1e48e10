"""NI PXI-6281: 18-bit multifunction card; reads the rig's signals and drives bias and piezo on one clock.

Sources: NI PCI/PXI-6281 Specifications; M Series User Manual (timing); NI-DAQmx Help; NI-DAQmx Python API 1.7.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Self

from nidaqmx.constants import AcquisitionType
from numpy.typing import ArrayLike

from analysis.records import Block
from drivers.daq_channels import AnalogInput, AnalogOutput, Terminal
from drivers.daq_inputs import Inputs
from drivers.daq_outputs import Outputs
from drivers.errors import NotNow, RigError
from drivers.pxi import DeviceIdentity, PXIController

__all__ = ["NI6281", "AnalogInput", "AnalogOutput", "Terminal"]


class NI6281:
    """The card, its inputs and its outputs.

    Inputs are acquired continuously; outputs are written singly, or together as a ramp or a modulation on the
    inputs' sample clock. An output changes right after the tick at which the inputs are read: sample n shows
    the value put out at tick n-1 (measure it by the loop-back).

    Threads: `read` belongs to one thread at a time; all that concerns outputs, `to_safe` and
    `stop_acquisition` may be called from any other thread meanwhile.

    Parameters
    ----------
    controller : PXIController
        Where the card is; it stays open when the card is closed.
    device : str
        NI-DAQmx name of the card ("PXI1Slot2"); ``controller.find("6281").name`` finds it.
    inputs : sequence of AnalogInput
        In the order of the scan and of the rows of each ``Block``.
    outputs : sequence of AnalogOutput
        Those that are wired.
    rate_Hz : float
        Samples per second and channel that `read` returns and that ramps are made of.
    decimation : int
        The card samples so many times faster, and `read` returns the means.

    Raises
    ------
    OutOfRange
        A rate that the card can't make exactly or can't reach with so many inputs.
    NotFound
        No such device, or it has no such channel.
    """

    def __init__(
        self,
        controller: PXIController,
        device: str,
        inputs: Sequence[AnalogInput],
        outputs: Sequence[AnalogOutput],
        rate_Hz: float,
        decimation: int = 1,
    ) -> None:
        self.controller = controller
        self.device = device
        self.rate_Hz = rate_Hz
        self._inputs = Inputs(controller, device, inputs, rate_Hz, decimation)
        self._outputs = Outputs(controller, device, outputs, self._inputs.clock_Hz, decimation)

    @property
    def identity(self) -> DeviceIdentity:
        """Get the card's name, product type and serial number. Raises ``NotFound``, ``InstrumentLost``."""
        return self.controller.device(self.device)

    def close(self) -> None:
        """Stop everything and free the card, also one that is lost. The outputs hold their last values.

        Whoever leaves the rig calls `to_safe` first.
        """
        with self.controller.deadline(self.controller.answer_s / 2):  # nobody waits long for a farewell
            with suppress(RigError):
                self.stop_acquisition()
            self._outputs.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    # Inputs

    def start_acquisition(self, buffer_s: float = 10.0) -> None:
        """Start sampling all inputs for as long as `stop_acquisition` isn't called.

        Parameters
        ----------
        buffer_s : float
            How long `read` may stay away before samples are lost.
        """
        self._inputs.start(buffer_s)

    def stop_acquisition(self) -> None:
        """Stop sampling, and a ramp or modulation with it. A `read` that waits ends with ``NotNow``."""
        self._inputs.stop(self._outputs.halt)

    def read(self, n: int, timeout_s: float | None = None) -> Block:
        """Wait for the next ``n`` samples of all inputs.

        Parameters
        ----------
        n : int
            Samples per channel.
        timeout_s : float, optional
            How long to wait; as long as the samples take and one second, if not given.

        Returns
        -------
        Block
            Shape (n_inputs, n) in volts, counted from the start of the acquisition.

        Raises
        ------
        ReadTimeout
            Fewer came in time; they are in ``partial`` and won't be read again.
        SamplesLost
            `read` stayed away for longer than the buffer lasts.
        InstrumentLost
            The card or its controller is gone.
        """
        return self._inputs.read(n, timeout_s)

    def samples_acquired(self) -> int:
        """Get how many samples were taken since the start of the acquisition, read or not."""
        return self._inputs.acquired()

    # Outputs

    @property
    def held(self) -> Mapping[str, float]:
        """Get what each output holds now (V), after the samples generated; NaN until it was written once."""
        return self._outputs.held

    def write(self, **values_V: float) -> None:
        """Put out single values at once, in the order given: ``write(bias=0.1, z=3.0)``.

        Raises ``OutOfRange`` before anything is sent, and ``NotNow`` while a ramp or a modulation runs.
        """
        self._outputs.write(values_V)

    def start_ramp(self, waveforms_V: Mapping[str, ArrayLike]) -> int:
        """Put out one value a sample, then hold the last. Outputs that are not named hold what they hold.

        Parameters
        ----------
        waveforms_V : mapping of str to array, shape (n,)
            Of equal length.

        Returns
        -------
        int
            Index of the next sample of the acquisition as the ramp was armed: its first value was put out
            at this sample or a few before it (those that pass during one call).

        Raises
        ------
        OutOfRange
            A value that its output must not put out (NaN is one); nothing was sent.
        NotNow
            No acquisition runs (it is the clock), or another waveform does.
        """
        return self._start(AcquisitionType.FINITE, waveforms_V)

    def ramp_done(self) -> bool:
        """Tell whether the ramp is over, by asking the card. True when none runs, false for a modulation."""
        return self._outputs.finished()

    def samples_generated(self) -> int:
        """Get how many samples of the present, or else the last, ramp or modulation have been put out."""
        return self._outputs.generated()

    def stop_ramp(self) -> int:
        """Stop the ramp where it is; the outputs hold. Returns the samples generated. Harmless after its end.

        Where the card does not say how far it came, `held` is NaN until `locate` is told.
        """
        return self._outputs.halt()

    def start_modulation(self, waveforms_V: Mapping[str, ArrayLike]) -> int:
        """Put out one value a sample and start again after the last, for ever, without a seam.

        Parameters, errors and result as `start_ramp`: with n values, sample k of the acquisition was taken at
        value number (k - result) modulo n, with the same uncertainty and lag.
        """
        return self._start(AcquisitionType.CONTINUOUS, waveforms_V)

    def stop_modulation(self) -> int:
        """Stop the modulation; the outputs hold the value where it stopped. Returns the samples generated."""
        return self._outputs.halt()

    def locate(self, name: str, seen_V: float, tolerance_V: float) -> float:
        """Take from its loop-back what an output holds that a stopped waveform left unknown (NaN in `held`).

        Parameters
        ----------
        name : str
        seen_V : float
            What the loop-back shows now.
        tolerance_V : float
            How far that may be from what the waveform can have left.

        Returns
        -------
        float
            What it holds, in V.

        Raises
        ------
        InstrumentFault
            Nothing within the tolerance: nobody knows.
        """
        return self._outputs.locate(name, seen_V, tolerance_V)

    def glance(self) -> dict[str, float]:
        """Read all inputs a few times without a clock; get their means by name, in V.

        Raises ``NotNow`` while an acquisition runs.
        """
        return self._inputs.glance()

    def drop(self, name: str) -> None:
        """Take one output to 0 V at once, whatever runs: in two calls, of which the first stops what runs.

        Outputs that the ramp or modulation didn't move hold on, and `held` knows them; of another that moved
        it knows nothing (NaN).

        Raises
        ------
        RigError
            The output may not be at 0 V; `to_safe` is the next thing to try.
        """
        self._outputs.drop(name)

    def _start(self, mode: AcquisitionType, waveforms_V: Mapping[str, ArrayLike]) -> int:
        if not self._inputs.acquiring:
            raise NotNow("No acquisition runs, and its clock moves the outputs; start it first")
        self._outputs.start(mode, waveforms_V)
        return self.samples_acquired()

    def lock(self, why: str) -> None:
        """Refuse every write, ramp and modulation from now on and for good; `drop` and `to_safe` go on working.

        For whoever makes safe over the head of the thread that moves the outputs: it can't move them again.

        Parameters
        ----------
        why : str
            What the ``NotNow`` says that the other thread gets.
        """
        self._outputs.lock(why)

    def to_safe(self, retracted: Mapping[str, float], within_s: float = 0.9) -> str:
        """Abort what moves, put out 0 V on all outputs but those named, then the values of those named.

        May be called at any time, from any thread and as often as one likes. The acquisition goes on, unless the
        card had to be reset.

        Parameters
        ----------
        retracted : mapping of str to float
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
            The card didn't answer in time: the rig's state is unknown.
        """
        return self._outputs.to_safe(retracted, within_s)
