"""Analogue input of NI-DAQmx: a task with its clock, its acquisitions, and reads."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from nidaqmx.constants import OverwriteMode, ReadRelativeTo
from numpy.typing import NDArray

from simulators.daqmx.acquisition import Acquisition
from simulators.daqmx.channels import VirtualChannel, verify
from simulators.daqmx.convert_clock import ConvertClock
from simulators.daqmx.errors import Code, DaqError, refused_value
from simulators.daqmx.timing import SampleClock
from simulators.rig.bench import SimulatedBench
from simulators.rig.converter import Conversion
from simulators.rig.delta_sigma import DeltaSigmaConverters
from simulators.rig.faults import DeviceLost, FifoOverflow, Overrun
from simulators.rig.signal_chain import Converts

FloatArray = NDArray[np.float64]

ALL_SAMPLES = -1
ONBOARD_BUFFER = 2047
LOWPASS_ENABLE = 0x1802


@dataclass
class ReadSettings:
    """Settings of reads, with NI-DAQmx's defaults."""

    auto_start: bool = True
    relative_to: int = ReadRelativeTo.CURRENT_READ_POSITION.value
    offset: int = 0
    overwrite: int = OverwriteMode.DO_NOT_OVERWRITE_UNREAD_SAMPLES.value
    all_available: bool = False


@dataclass
class InputEngine:
    """Input side of a task."""

    bench: SimulatedBench
    channels: list[VirtualChannel] = field(default_factory=list)
    clock: SampleClock | None = None
    settings: ReadSettings = field(default_factory=ReadSettings)
    buffer_size: int | None = None
    run: Acquisition | None = None
    converter: Converts | None = None
    convert_clock: ConvertClock = field(default_factory=ConvertClock)
    read_to_end: bool = False
    """True if the last read ended with a finite acquisition, so that no more samples will come."""
    first_read_s: float = 0.0
    """Time of the bench at the first sample of the last read."""
    began_s: float = 0.0
    """Time of the bench at the start of the last acquisition."""

    kind = "ai"

    def resources(self) -> set[str]:
        """Return the resources that the task reserves: the only converter."""
        return {"ai"}

    def verify(self) -> None:
        """Check channels and rate. Raises ``DaqError``."""
        card = self.bench.card
        for channel in self.channels:
            verify(card, channel)
        if self.clock is None:
            return
        only_Hz = self.bench.only_rate_Hz
        if only_Hz is not None and not math.isclose(self.clock.rate_Hz, only_Hz, rel_tol=1e-9):
            raise refused_value("DAQmx_SampClk_Rate", self.clock.rate_Hz, f"{only_Hz:.9g}, as recorded")
        fastest_Hz = self.fastest_Hz()
        if self.clock.rate_Hz > fastest_Hz:
            details = f"Requested: {self.clock.rate_Hz:g} Hz\nMaximum: {fastest_Hz:g} Hz"
            raise DaqError(Code.SAMPLE_RATE_NUM_CHANS_CONVERT_PERIOD_COMBO, details)
        self.convert_clock.verify(card, len(self.channels), self._period_s)

    @property
    def _period_s(self) -> float:
        return math.inf if self.clock is None else 1.0 / self.clock.rate_Hz

    def convert_spacing_s(self) -> float:
        """Return the time between conversions in a scan, in s."""
        return self.convert_clock.spacing_s(self.bench.card, len(self.channels), self._period_s)

    def _times_s(self) -> list[float]:
        return self.convert_clock.times_s(self.bench.card, len(self.channels), self._period_s)

    @property
    def raw_bits(self) -> int:
        """Number of bits of a reading as the card sends it."""
        return 16 if self.bench.card.input_bits <= 16 else 32

    def steps_V(self) -> FloatArray:
        """Return the voltage of one code of each channel, shape (n_channels,)."""
        card = self.bench.card
        return np.array([verify(card, channel) for channel in self.channels]) / 2 ** (card.input_bits - 1)

    def fastest_Hz(self) -> float:
        """Return the highest rate for the present number of channels, in Hz."""
        n = len(self.channels)
        card = self.bench.card
        shared = 1 if card.delta_sigma else n
        return card.fastest_one_input_Hz if n < 2 else card.fastest_inputs_Hz / shared

    def buffer_samples(self) -> int:
        """Return the size of the buffer in samples per channel, chosen by NI-DAQmx unless set by the user.

        Source: NI-DAQmx Help, "How Is Buffer Size Determined?".
        """
        if self.buffer_size is not None:
            return self.buffer_size
        if self.clock is None:
            return 0
        if self.clock.finite:
            return self.clock.samples
        chosen = next(
            (size for rate, size in ((100, 1000), (10e3, 10_000)) if self.clock.rate_Hz <= rate), 100_000
        )
        return max(chosen, self.clock.samples)

    def commit(self) -> None:
        """Prepare the converter."""
        card = self.bench.card
        self.run = None
        if card.delta_sigma and not hasattr(self.bench.chain, "converter"):
            ranges_V = [verify(card, channel) for channel in self.channels]
            self.converter = DeltaSigmaConverters(card, ranges_V, self.bench.converter_rng)
            return
        scan = [
            Conversion(
                channel.terminal,
                verify(card, channel),
                at_s,
                card.source_ohm.ohm(card.wiring.signal(channel.terminal)),
                bool(channel.properties.get(LOWPASS_ENABLE, False)),
            )
            for channel, at_s in zip(self.channels, self._times_s(), strict=True)
        ]
        period_s = self.bench.parameters.on_demand_s if self.clock is None else self._period_s
        self.converter = self.bench.converter(scan, period_s)

    def start(self) -> None:
        """Prepare an acquisition, which `begin` starts."""
        if self.clock is None or self.converter is None:
            return
        if self.buffer_samples() < 1:
            raise refused_value("DAQmx_Buf_Input_BufSize", self.buffer_samples(), "1 and more")
        bench = self.bench
        self.run = Acquisition(
            self.clock.rate_Hz,
            [bench.card.wiring.signal(channel.terminal) for channel in self.channels],
            self._times_s(),
            bench.card,
            self.converter,
            self.buffer_samples(),
            self.clock.samples if self.clock.finite else None,
            self.settings.overwrite == OverwriteMode.OVERWRITE_UNREAD_SAMPLES.value,
            lambda: _failure(bench),
        )

    def begin(self, at_s: float) -> None:
        """Start the sample clock, unless it comes from outside."""
        self.began_s = at_s
        if self.run is not None and self.clock is not None and not self.clock.external:
            self.bench.start_scan(self.run, at_s)

    def halt(self) -> None:
        """Stop the acquisition, if one runs."""
        if self.run is not None:
            self.bench.stop_scan()
            self.run.stopped = True

    def release(self) -> None:
        """Discard the last acquisition."""
        self.run = None

    def done(self) -> bool:
        """Return True if a finite acquisition is complete. Raises the error that ended it, if any."""
        run = self.run
        if run is None or run.stopped:
            return True
        if run.failure is not None:
            raise DaqError(run.failure)
        return run.complete

    def done_due_s(self) -> float:
        """Return the time at which it will be complete; infinite if never."""
        run = self.run
        return math.inf if run is None or run.limit is None else self.bench.scan_due_s(run.limit)

    def default_samples(self) -> int:
        """Return the number of samples that a read of all samples returns."""
        if self.run is None:
            return 1 if self.clock is None else self.clock.samples * self.clock.finite
        if self.run.limit is not None and not self.settings.all_available:
            return self.run.limit - self.run.position
        return self.run.available

    def read_on_demand(self, samples: int) -> FloatArray:
        """Return software-timed samples, shape (n_channels, samples); time passes for each."""
        if self.converter is None:
            raise DaqError(Code.INVALID_TASK)
        signals = [self.bench.card.wiring.signal(channel.terminal) for channel in self.channels]
        scans = []
        for _ in range(max(samples, 1)):
            self.bench.pass_on_demand()
            present = self.bench.present
            scans.append(self.converter.convert(np.array([[present.get(name, 0.0)] for name in signals])))
        return np.concatenate(scans, axis=1)

    def read(self, samples: int, timeout_s: float, cancelled: Callable[[], bool]) -> FloatArray:
        """Wait for samples and remove them from the buffer.

        Parameters
        ----------
        samples : int
            Samples per channel.
        timeout_s : float
            Longest wait; below 0, no limit.
        cancelled : callable
            Returns True if the reading client has gone.

        Returns
        -------
        ndarray, shape (n_channels, n)
            ``n`` is less than requested after a timeout, or at the end of a finite acquisition (`read_to_end`).

        Raises
        ------
        DaqError
            -200279 after an overrun, -200361 or -200714 after one on the card, -200278
            beyond the end of a finite acquisition, -88710 if the task is stopped
            meanwhile, -201003 if the card is gone.
        """
        run = self.run
        if run is None:
            raise DaqError(Code.SAMPLES_WILL_NEVER_BE_AVAILABLE, samples_read=0)
        bench = self.bench
        deadline_s = math.inf if timeout_s < 0 else bench.clock.now() + timeout_s
        if bench.faults.take_read(run.acquired):
            bench.wait_for(cancelled, lambda: math.inf, deadline_s)
            return np.empty((len(self.channels), 0))
        away_s = bench.faults.take_pause_s(run.acquired)
        if away_s:
            until_s = bench.clock.now() + away_s
            bench.wait_for(cancelled, lambda: until_s, until_s)
            deadline_s += away_s
        bench.catch_up_to_read()
        first = self._first_sample(run)
        self.first_read_s = self.began_s + (first + 1) / run.rate_Hz
        if run.limit is not None and first + samples > run.limit:
            if first >= run.limit:
                raise DaqError(Code.SAMPLES_WILL_NEVER_BE_AVAILABLE, samples_read=0)
            samples = run.limit - first
        pieces = []
        while samples > 0:
            wanted = min(samples, max(run.buffer.size // 2, 1))  # a read may be longer than the buffer
            ready = self._wait(run, first, first + wanted, deadline_s, cancelled)
            got = wanted if ready else min(max(run.acquired - first, 0), wanted)
            pieces.append(run.buffer.samples(first, first + got))
            first = run.position = first + got
            samples = samples - got if ready else 0
        self.read_to_end = run.limit == first
        bench.wake()
        if len(pieces) == 1:  # nearly always
            return pieces[0]
        return np.concatenate(pieces, axis=1) if pieces else np.empty((len(self.channels), 0))

    def _wait(
        self, run: Acquisition, first: int, last: int, deadline_s: float, cancelled: Callable[[], bool]
    ) -> bool:
        """Wait until the samples ``first <= index < last`` are in the buffer; return False after a timeout."""

        def ready() -> bool:
            if cancelled() or run is not self.run or run.stopped:
                raise DaqError(Code.RUNTIME_ABORTING_ROUTING, samples_read=0)
            if self.bench.faults.active(DeviceLost, run.acquired):
                raise DaqError(Code.DEV_CANNOT_BE_ACCESSED, samples_read=0)
            if run.failure is not None:
                raise DaqError(run.failure, samples_read=0)
            if first < run.acquired - run.buffer.size:
                raise DaqError(Code.SAMPLES_NO_LONGER_AVAILABLE, samples_read=0)
            return run.acquired >= last

        bench = self.bench
        return bench.wait_for(ready, lambda: bench.scan_due_s(last), deadline_s, bench.catch_up_to_read)

    def _first_sample(self, run: Acquisition) -> int:
        """Return the first sample of a read. Raises -200279 if it has been overwritten."""
        bases = {
            ReadRelativeTo.FIRST_SAMPLE.value: 0,
            ReadRelativeTo.CURRENT_READ_POSITION.value: run.position,
            ReadRelativeTo.MOST_RECENT_SAMPLE.value: run.acquired,
        }
        first = max(bases.get(self.settings.relative_to, run.position) + self.settings.offset, 0)
        if first < run.acquired - run.buffer.size:
            raise DaqError(Code.SAMPLES_NO_LONGER_AVAILABLE, samples_read=0)
        return first


def _failure(bench: SimulatedBench) -> Code | None:
    """Return the error with which a fault ends an acquisition now."""
    if bench.faults.active(Overrun, bench.acquired) is not None:
        return Code.SAMPLES_NO_LONGER_AVAILABLE
    overflow = bench.faults.active(FifoOverflow, bench.acquired)
    if overflow is None:
        return None
    in_transfer = Code.ACQ_STOPPED_DRIVER_CANT_XFER_DATA_FAST_ENOUGH
    return in_transfer if overflow.in_transfer else Code.INPUT_FIFO_OVERFLOW_2
