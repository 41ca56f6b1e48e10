"""Alternating bias: ramps of the tip beside a gapless sine, the conductance of a lock-in, the lag of the current."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import pi

import numpy as np

from analysis.conductance import CurrentCalibration
from analysis.constants import G0_S
from analysis.detect import UnknownDetector
from analysis.records import Block, FloatArray
from analysis.spectra.lock_in import LockIn
from analysis.spectra.sine import Demodulation, Sine, lag_of_capacitance_s, mean_admittance_S
from procedures.context import ProcedureContext
from procedures.errors import ImpossibleSetting, NoBias
from procedures.level_conductance import LevelConductance
from procedures.ramp_pieces import RampWay
from procedures.sample_reader import SampleReader, Seen
from procedures.steps import MeasureLag, Ramp

MOST_SAMPLES = 2_000_000
"""Longest ramp with an alternating bias, in samples of the card: it is sent as one waveform."""

LIVE_S = 1e-3
"""Length of the boxcars by which a ramp is stopped."""

LEAST_SHARE = 0.5
"""Share of the commanded amplitude below which there is no bias."""

REPEATED_S = 0.1
"""Length of the waveform that is repeated while the lag is measured."""

LAG_BOXCAR_S = 0.02
"""Length of the boxcars whose scatter gives the error of a lag: a period of the mains."""

UNKNOWN_SAMPLES = 3

RISE_TIMES = 3.0
"""Settling time of the current after an edge of the bias, in rise times of its amplifier."""


class LiveConductance:
    """Conductance for detectors, from a lock-in: each sample has the value of the last complete boxcar, in G0.

    It is ``first_G0`` before the first boxcar, and NaN where there is no bias.
    """

    def __init__(
        self,
        sine: Sine,
        rate_Hz: float,
        lag_s: float,
        amplifier: CurrentCalibration,
        first_G0: float = np.inf,
    ) -> None:
        periods = sine.boxcar_samples(rate_Hz, LIVE_S) // sine.period_samples(rate_Hz)
        self._lock_in = LockIn(sine.frequency_Hz, rate_Hz, periods)
        self._least_V = LEAST_SHARE * np.sqrt(2.0) * sine.rms_V
        self._turned = np.exp(2j * pi * float(sine.frequency_Hz) * lag_s)
        self._amplifier = amplifier
        self._fed, self._last = 0, first_G0

    def __call__(self, block: Block) -> FloatArray:
        """Return the conductance of each sample of the next block, shape (n,)."""
        length, before = self._lock_in.length, self._fed
        current_A = self._amplifier.current_A(block.channel("current"))
        (bias, current), _ = self._lock_in.feed(np.stack([block.channel("bias"), current_A]))
        with np.errstate(divide="ignore", invalid="ignore"):
            found = np.where(
                np.abs(bias) >= self._least_V, (current / bias * self._turned).real / G0_S, np.nan
            )
        self._fed += len(block)
        which = (before + np.arange(1, len(block) + 1)) // length - before // length
        values: FloatArray = np.concatenate([[self._last], found])[which]
        if len(block):  # all of it may be older than the sine
            self._last = float(values[-1])
        return values


def _told(ramp: Ramp) -> str:
    """Return the size of a ramp's bias."""
    if ramp.sine is not None:
        return f"{1e3 * ramp.sine.rms_V:g} mV rms"
    assert ramp.levels is not None
    return f"{1e3 * ramp.levels.largest_bias_V:g} mV"


class AlternatingBias:
    """Plays an alternating bias on a rig whose acquisition is running, and knows the lag of the current.

    Parameters
    ----------
    context : ProcedureContext
    watch : SampleReader
        Of the same context.
    """

    def __init__(self, context: ProcedureContext, watch: SampleReader) -> None:
        self.lag_s = 0.0
        """Lag of the current, 0 s until it is measured."""
        self.capacitance_F = 0.0
        """Capacitance that conducts with the tip away."""
        self._context, self._watch = context, watch

    @property
    def measured(self) -> dict[str, float]:
        """Lag and capacitance with the tip away, for the recording of a ramp."""
        return {"lag_s": self.lag_s, "capacitance_F": self.capacitance_F}

    def start_ramp(self, ramp: Ramp, way: RampWay) -> int:
        """Start a ramp with its sine or levels as one waveform; return the sample by which it had begun."""
        if way.n > MOST_SAMPLES:
            longest_nm = MOST_SAMPLES / self._context.rate_Hz * ramp.speed_m_per_s * 1e9
            raise ImpossibleSetting(
                f"{ramp.name} over {abs(way.distance_m) * 1e9:.3g} nm takes {way.n} samples, but with an alternating "
                f"bias the card holds {MOST_SAMPLES}: {longest_nm:.3g} nm at this speed. Withdraw faster, or less far."
            )
        rate_Hz = self._context.rate_Hz
        if ramp.levels is not None and way.distance_m > 0.0:
            raise ImpossibleSetting(
                f"{ramp.name} with bias levels must lead away from the sample: at 0 V it is blind."
            )
        volts = {"z": way.extension_m(0, way.n) / self._context.extension_m_per_V}
        if ramp.sine is not None:
            volts["bias"] = ramp.sine.bias_V(rate_Hz, way.n)
        elif ramp.levels is not None:
            volts["bias"] = np.resize(ramp.levels.bias_V(rate_Hz), way.n)
        return self._start(volts, repeats=False)

    def _look(self, ramp: Ramp) -> Callable[[Block], FloatArray]:
        """Return the conversion of a block to conductances for the detectors of a ramp."""
        rate_Hz, watch = self._context.rate_Hz, self._watch
        if ramp.sine is not None:
            return LiveConductance(ramp.sine, rate_Hz, self.lag_s, watch.amplifier)
        assert ramp.levels is not None
        levels = LevelConductance(
            ramp.levels, rate_Hz, watch.samples(RISE_TIMES * self._context.rise_time_s) + 1
        )
        return lambda block: levels.feed(block.channel("bias"), watch.conductance_G0(block))

    def watch_ramp(self, ramp: Ramp, begin: int, n: int) -> Seen:
        """Watch a ramp by the conductance of a lock-in, or at bias levels. Raises ``NoBias``."""
        watch, look = self._watch, self._look(ramp)
        until = {**ramp.until, "no bias": UnknownDetector(UNKNOWN_SAMPLES)}
        shown = begin + round(self._context.input_delay_s * self._context.rate_Hz)  # the sine, by the inputs
        seen = watch.until(shown, n + 1, look, until, ramp.reaction_s, ramp.later_s)
        if seen.ended == "no bias":
            raise NoBias(
                f"The bias loop-back shows less than half of the alternating bias of {_told(ramp)}, so the conductance "
                f"is unknown; {ramp.name} was stopped. Check the cables of the bias output and of its loop-back."
            )
        return seen

    def measure_lag(self, step: MeasureLag) -> dict[str, float]:
        """Measure the lag of the current with the tip away; return it with the capacitance, for the recording."""
        rate_Hz, watch = self._context.rate_Hz, self._watch
        length = step.sine.boxcar_samples(rate_Hz, REPEATED_S)
        whole = length * max(1, round(step.duration_s * rate_Hz / length))
        with self.repeated(step.sine) as settled:
            blocks = [block.part(settled, settled + whole) for block in watch.read_to(settled + whole)]
        bias_V = np.concatenate([block.channel("bias") for block in blocks])
        current_A = np.concatenate([watch.amplifier.current_A(block.channel("current")) for block in blocks])
        boxcar = step.sine.boxcar_samples(rate_Hz, LAG_BOXCAR_S)
        demodulation = Demodulation(step.sine, rate_Hz, boxcar)
        Y, sigma_S = mean_admittance_S(demodulation.response(bias_V, current_A))
        self.lag_s = lag_of_capacitance_s(Y, float(step.sine.frequency_Hz))
        self.capacitance_F = abs(Y) / (2.0 * pi * float(step.sine.frequency_Hz))
        return {"value": self.lag_s, "capacitance_F": self.capacitance_F, "sigma_S": sigma_S}

    @contextmanager
    def repeated(self, sine: Sine) -> Iterator[int]:
        """Play a sine inside the block; yield the first sample that shows it settled. The bias is unknown after it."""
        rate_Hz, watch = self._context.rate_Hz, self._watch
        begin = self._start(
            {"bias": sine.bias_V(rate_Hz, sine.boxcar_samples(rate_Hz, REPEATED_S))}, repeats=True
        )
        since = watch.next
        try:
            yield begin + watch.samples(self._context.input_delay_s) + sine.period_samples(rate_Hz)
        finally:
            self._context.daq.stop_modulation()
            watch.settle(since)

    def _start(self, volts: dict[str, FloatArray], *, repeats: bool) -> int:
        daq = self._context.daq
        since = daq.samples_acquired()
        begin = daq.start_modulation(volts) if repeats else daq.start_ramp(volts)
        for name, values in volts.items():
            self._watch.loop_backs.outputs[name].played(values, since, begin, repeats=repeats)
        return begin
