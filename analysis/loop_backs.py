"""Comparison of an output's loop-back with the commanded output, sample by sample.

The moment at which a command takes effect is known only within the time of a call, and a multiplexed card shows it
a sample earlier or later on each channel. Each sample must therefore lie between the smallest and the largest value
commanded from ``SLACK`` samples before it to ``SLACK`` samples after it, within a tolerance.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from analysis.detect import FirstRun
from analysis.records import Block, FloatArray
from analysis.sliding import least_and_largest

SLACK = 12
"""Samples by which a command may appear earlier or later than its call."""

GHOST = 10 ** (-70 / 20)
"""Share of a channel's volts that a multiplexer may leave in the one scanned next (-75 dB is the card's figure)."""

IN_VOLTS = "bias", "z", "thermocouple", "current"
"""Channels that are volts at the card, or fewer; any other may be in another unit."""

MOST_V = 10.0
"""Volts assumed at an input of another unit."""

CONSECUTIVE = 3
"""Samples in a row outside the envelope that are more than a spike."""

CHECK_S = 0.05
"""Time between two comparisons; more frequent ones would cost more than they help."""


@dataclass(frozen=True)
class Tolerance:
    """Largest deviation of a loop-back: a share of the commanded value plus a number of volts at the card.

    ``scales`` are the units of an output per volt of its loop-back's input, by name; 1 for those that are not named.
    """

    relative: float = 0.01
    volts: float = 0.002
    scales: Mapping[str, float] = field(default_factory=dict)

    def at(self, name: str) -> "Tolerance":
        """Return the tolerance of one loop-back in the unit of its output: less than at the card behind a divider."""
        return Tolerance(self.relative, self.volts * abs(self.scales.get(name, 1.0)))

    def of(self, commanded_V: FloatArray) -> FloatArray:
        """Return the tolerance at commanded volts of any shape."""
        return self.volts + self.relative * np.abs(commanded_V)

    def margin_V(self, commanded_V: float) -> float:
        """Return the tolerance at one commanded value."""
        return self.volts + self.relative * abs(commanded_V)

    def holds(self, measured_V: float, commanded_V: float) -> bool:
        """Return True if a measured value agrees with the commanded one; NaN never does."""
        return abs(measured_V - commanded_V) <= self.margin_V(commanded_V)


UNCHANGED = Tolerance(relative=1e-4, volts=3e-4)
"""Largest change of a loop-back between two readings at one command: noise, and a card that got a little warmer."""

AT_THE_CARD = Tolerance(relative=2e-4, volts=5e-4)
"""Largest change of an output that the card reads inside itself, against its own ground."""


def unmoved(name: str, shown_V: Mapping[str, float], rest_V: Mapping[str, float], commanded_V: float) -> bool:
    """Return True if a loop-back shows what it showed at rest, at the same command, whatever its offset.

    Parameters
    ----------
    name : str
    shown_V, rest_V : mapping of str to float
        All inputs in the order of the scan, now and at rest.
    commanded_V : float
    """
    inputs = list(shown_V)
    before = inputs[inputs.index(name) - 1]
    ghost_V = float(_ghost_V(before, np.array(shown_V[before] - rest_V[before])))
    return abs(shown_V[name] - rest_V[name]) <= UNCHANGED.margin_V(commanded_V) + ghost_V


def _ghost_V(before: str, volts: FloatArray) -> FloatArray:
    """Return what an input of some volts may leave on the one scanned next."""
    return GHOST * (np.abs(volts) if before in IN_VOLTS else np.full_like(volts, MOST_V))


@dataclass(frozen=True)
class Deviation:
    """Loop-back outside its envelope: output, first sample, volts measured there, nearest volts commanded."""

    output: str
    sample: int
    measured_V: float
    commanded_V: float


@dataclass(frozen=True)
class _Held:
    """A single value that the output takes between two samples and then holds."""

    since: int
    known_at: float
    volts: float

    def envelope(self, first: int, stop: int) -> tuple[float, float]:
        """Return the least and the largest volts that samples ``first`` to ``stop`` may show."""
        if math.isnan(self.volts):
            return -math.inf, math.inf
        return self.volts, self.volts


class _Played:
    """A waveform whose first value appears between two samples; it ends, or repeats."""

    def __init__(self, since: int, known_at: int, volts: FloatArray, repeats: bool, slack: int) -> None:
        self.since, self.known_at = since, known_at
        self._repeats = repeats
        self._middle = (since + known_at) // 2
        width = 2 * (-(-(known_at - since) // 2) + slack) + 1
        if width >= volts.size:
            volts = np.array([volts.min(), volts.max()])
            self._low, self._high = volts[:1], volts[1:]
        else:
            self._low, self._high = least_and_largest(volts, width, "repeated" if repeats else "edge")

    def envelope(self, first: int, stop: int) -> tuple[FloatArray, FloatArray]:
        """Return the least and the largest volts that samples ``first`` to ``stop`` may show."""
        n, begin = self._low.size, first - self._middle
        begin = begin % n if self._repeats else begin
        end = begin + stop - first
        if begin >= 0 and end <= n:
            return self._low[begin:end], self._high[begin:end]
        index = np.arange(begin, end)
        index = index % n if self._repeats else np.clip(index, 0, n - 1)
        return self._low[index], self._high[index]


_Command = _Held | _Played


class CommandedOutput:
    """Commanded values of one output against the sample index; unknown before the first command.

    ``slack`` is the number of samples by which a command may appear earlier or later than its call.
    """

    def __init__(self, slack: int = SLACK) -> None:
        import scipy.ndimage  # noqa: F401 - now: in the middle of a run its second of import would delay samples

        self._slack = slack
        self._commands: list[_Command] = [_Held(-(2**62), -math.inf, math.nan)]

    def held(self, volts: float, since: int, known_at: float = math.inf) -> None:
        """Note a single value (NaN: unknown) that the output takes between two samples."""
        self._commands.append(_Held(since, known_at, volts))

    def played(self, volts: FloatArray, since: int, known_at: int, repeats: bool) -> None:
        """Note a waveform, shape (n,), whose first value appears between two samples."""
        self._commands.append(_Played(since, known_at, volts, repeats, self._slack))

    def known(self, at: int) -> None:
        """Note that all commands have taken effect by this sample."""
        self._commands = [
            replace(command, known_at=at)
            if isinstance(command, _Held) and command.known_at == math.inf
            else command
            for command in self._commands
        ]

    def envelope(self, first: int, stop: int) -> tuple[FloatArray, FloatArray]:
        """Return the least and largest volts of samples ``first`` to ``stop``; call it for blocks in order."""
        self._forget(first)
        if len(self._commands) == 1:  # nearly always
            least, largest = self._commands[0].envelope(first, stop)
            return np.broadcast_to(least, stop - first), np.broadcast_to(largest, stop - first)
        low, high = np.full(stop - first, np.inf), np.full(stop - first, -np.inf)
        ends = [command.known_at + self._slack for command in self._commands[1:]] + [math.inf]
        for command, end in zip(self._commands, ends, strict=True):
            a, b = max(first, command.since - self._slack), int(min(stop, end))
            if a < b:
                part, (least, largest) = slice(a - first, b - first), command.envelope(a, b)
                low[part], high[part] = np.minimum(low[part], least), np.maximum(high[part], largest)
        return low, high

    def _forget(self, first: int) -> None:
        """Drop commands that no sample from ``first`` on can show."""
        while len(self._commands) > 1 and self._commands[1].known_at + self._slack <= first:
            del self._commands[0]


class LoopBackMonitor:
    """Comparison of the loop-backs in every block with the commanded outputs.

    Parameters
    ----------
    tolerance : Tolerance
    outputs : iterable of str
        Names of the outputs, equal to those of the channels that read them back.
    delay : int
        Samples by which digital filters delay the inputs.
    """

    def __init__(self, tolerance: Tolerance, outputs: Iterable[str] = ("bias", "z"), delay: int = 0) -> None:
        self.outputs = {name: CommandedOutput(SLACK + delay) for name in outputs}
        self._tolerances = {name: tolerance.at(name) for name in self.outputs}
        self._runs = {name: FirstRun(CONSECUTIVE) for name in self.outputs}
        self._seen = 0
        self._waiting: list[Block] = []

    def held(self, volts: Mapping[str, float], since: int, known_at: float = math.inf) -> None:
        """Note single values as `CommandedOutput.held` does; other outputs are unchanged."""
        for name, value in volts.items():
            if name in self.outputs:
                self.outputs[name].held(value, since, known_at)

    def known(self, at: int) -> None:
        """Note that the last commands have taken effect by this sample."""
        for output in self.outputs.values():
            output.known(at)

    def feed(self, block: Block) -> Deviation | None:
        """Take the next samples; return the first deviation that lasts, or None."""
        deviation = None
        if self._waiting and self._waiting[-1].stop != block.first:
            deviation = self.check()
        self._waiting.append(block)
        if deviation is not None:
            return deviation
        first = self._waiting[0]
        if block.stop - first.first < CHECK_S * block.rate_Hz:
            return None
        return self.check()

    def check(self) -> Deviation | None:
        """Compare the samples since the last comparison; return the first deviation that lasts, or None."""
        if not self._waiting:
            return None
        first = self._waiting[0]
        data = np.concatenate([block.data for block in self._waiting], axis=1)
        self._waiting.clear()
        stop = first.first + data.shape[1]
        deviations = [
            deviation
            for name in self.outputs
            if name in first.channels
            and (deviation := self._compare(name, first.channels, data, first.first, stop)) is not None
        ]
        self._seen += data.shape[1]
        return min(deviations, key=lambda deviation: deviation.sample, default=None)

    def _compare(
        self, name: str, channels: Sequence[str], data: FloatArray, first: int, stop: int
    ) -> Deviation | None:
        row = channels.index(name)
        volts = data[row]
        low, high = self.outputs[name].envelope(first, stop)
        allowed = _ghost_V(channels[row - 1], data[row - 1])
        tolerance = self._tolerances[name]
        outside = (volts < low - tolerance.of(low) - allowed) | (volts > high + tolerance.of(high) + allowed)
        at = self._runs[name].feed(outside)
        if at is None:
            return None
        index = min(max(at - self._seen, 0), volts.size - 1)
        commanded_V = float(low[index] if volts[index] < low[index] else high[index])
        return Deviation(name, first + at - self._seen - (CONSECUTIVE - 1), float(volts[index]), commanded_V)
