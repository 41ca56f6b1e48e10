"""A recording in place of the junction and its amplifiers: its samples come out of the card's wire once more.

Each acquisition begins at the recording's sample 0, and its sample k is the recording's sample k, to the last bit:
they were digitised when they were recorded, so nothing is added, coupled over, or rounded a second time. What the
outputs put out is accepted and changes nothing. Between two acquisitions, and while a fault lets the sample clock
stand still, the recording stands still too.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from analysis.recording import Recording, RecordingError
from analysis.records import FloatArray
from simulators.faults import Mishap
from simulators.keithley428 import SimulatedKeithley428
from simulators.ni6281 import NI6281Parameters
from simulators.parameters import Parameters
from simulators.recorded_settings import keithley428_commands, sr560_commands
from simulators.sr560 import SimulatedSR560
from simulators.timeline import BenchParameters

SIGNALS = ("current", "thermocouple", "bias", "z")

PIECE = 65536
"""Samples read from the file at one go."""


class RecordedConverter:
    """Hands on what was digitised before; takes the place of `simulators.ni6281.Converter`."""

    def __init__(self, card: NI6281Parameters, ranges_V: Sequence[float], rng: np.random.Generator) -> None:
        pass

    def convert(self, volts: FloatArray) -> FloatArray:
        """The same volts."""
        return volts


class Immovable:
    """The world of a recording: what is done to it does not change what has been."""

    truth = None

    def move_coarse(self, distance_m: float) -> None:
        """Nothing moves."""


class RecordedChain:
    """What was recorded, sample by sample; takes the place of `simulators.chain.AmplifiedJunction`.

    Both amplifiers stand as they were set when the recording began, and answer on their wires. Commands change
    what they answer, not the samples. Of the faults, an overload is added to the recorded current and rails where
    the recorded input did; a mishap of the junction has no effect.

    Parameters
    ----------
    recording : Recording
        Stays open for as long as it is played.
    parameters : Parameters
        Of the amplifiers.
    rng : Generator
        They ask for one.
    line_address : int
        Of the voltage preamplifier.

    Attributes
    ----------
    rate_Hz : float
        Of the recording, and so of every acquisition.
    filled : mapping of str to float
        Volts of the signals that were not recorded: the commanded bias where the recording says it, else 0.

    Raises
    ------
    RecordingError
        If it does not hold the volts of an amplifier's output, or does not say its rate.
    """

    converter = RecordedConverter

    def __init__(
        self, recording: Recording, parameters: Parameters, rng: np.random.Generator, line_address: int = 0
    ) -> None:
        check_playable(recording)
        settings = recording.header.settings
        self.rate_Hz = recording.rate_Hz
        self.world = Immovable()
        self.current_amplifier = SimulatedKeithley428(parameters, rng)
        self.current_amplifier.receive(keithley428_commands(settings).encode("ascii"))
        self.voltage_preamplifier = SimulatedSR560(parameters, rng, line_address)
        self.voltage_preamplifier.receive(sr560_commands(settings, line_address).encode("ascii"))
        self._gain_V_per_A = float(settings.get("current_gain_V_per_A") or 1.0)
        self._full_scale_V = float(settings.get("current_full_scale_V") or 10.0)
        bias_V = settings.get("bias_V")
        self.filled = {
            name: float(bias_V) if name == "bias" and bias_V is not None else 0.0
            for name in SIGNALS
            if name not in recording.channels
        }
        self._recording = recording
        self._recorded = tuple(name for name in SIGNALS if name in recording.channels)
        self._next = 0
        self._piece_first = 0
        self._piece = np.empty((len(self._recorded), 0))

    def begin(self) -> None:
        """An acquisition begins: the next sample is the recording's sample 0."""
        self._next = 0

    def sample(
        self, bias_V: FloatArray, z_V: FloatArray, dt: float, added_current_A: float
    ) -> Mapping[str, FloatArray]:
        """The next n samples of the recording.

        Sample by sample as numbered there: NaN, which no converter reads, where samples are missing; 0 V behind
        the last.
        """
        signals = self._signals(self._next, len(bias_V))
        self._next += len(bias_V)
        if added_current_A:
            loud = signals["current"] + added_current_A * self._gain_V_per_A
            signals["current"] = np.clip(loud, -self._full_scale_V, self._full_scale_V)
        return signals

    def advance(
        self, bias_V: FloatArray, z_V: FloatArray, dt: float, added_current_A: float
    ) -> Mapping[str, FloatArray]:
        """Time passes without samples: what was there last stays."""
        signals = self._signals(max(self._next - 1, 0), 1)
        return {name: np.full(len(bias_V), volts[0]) for name, volts in signals.items()}

    def suffer(self, mishap: Mishap) -> None:
        """Nothing can happen to a junction that is long gone."""

    def _signals(self, start: int, n: int) -> dict[str, FloatArray]:
        recording = self._recording
        parts = []
        while n > 0:
            if not recording.first <= start < recording.stop:
                ahead = recording.first - start if start < recording.first else n
                part = np.full(
                    (len(self._recorded), min(ahead, n)), np.nan if start < recording.first else 0.0
                )
            else:
                part = self._read(start, n)
            parts.append(part)
            start, n = start + part.shape[1], n - part.shape[1]
        data = np.concatenate(parts, axis=1)
        absent = {name: np.full(data.shape[1], volts) for name, volts in self.filled.items()}
        return {**dict(zip(self._recorded, data, strict=True)), **absent}

    def _read(self, start: int, n: int) -> FloatArray:
        """Samples from ``start`` on, as many of n as the piece at hand holds."""
        at = start - self._piece_first
        if not 0 <= at < self._piece.shape[1]:
            stop = min(start + PIECE, self._recording.stop)
            self._piece = self._recording.samples(start, stop, self._recorded)
            self._piece_first, at = start, 0
        return self._piece[:, at : at + n]


def recorded_chain(recording: Recording, parameters: Parameters, seed: int) -> RecordedChain:
    """A recording at the address that the bench's parameters give the preamplifier. Errors as `RecordedChain`."""
    line_address = parameters.section("bench", BenchParameters).line_address
    return RecordedChain(recording, parameters, np.random.default_rng(seed), line_address)


def check_playable(recording: Recording) -> None:
    """Refuse a recording that is not of volts at the card's inputs.

    Raises
    ------
    RecordingError
        In one sentence, with what else can be done.
    """
    path, header = recording.path, recording.header
    if "current" not in header.channel_names:
        raise RecordingError(
            f"{path}: holds {', '.join(header.channel_names)}, not the volts of a current amplifier; it can't come "
            "out of a card's wire. hotjunction gui replays it."
        )
    foreign = [
        f"{c.name} in {c.unit or 'unknown unit'}"
        for c in header.channels
        if c.name in SIGNALS and c.unit != "V"
    ]
    if foreign:
        raise RecordingError(
            f"{path}: holds {', '.join(foreign)}, and a card's wire carries volts. hotjunction gui replays it."
        )
    if not recording.rate_Hz > 0:
        raise RecordingError(
            f"{path}: does not say its sample rate. Import it with its rate to play it back."
        )
    if not recording.n_samples:
        raise RecordingError(f"{path}: holds no samples.")
