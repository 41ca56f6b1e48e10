"""Playback of a recording in place of the junction and its amplifiers: the card delivers its samples again.

Each acquisition begins at the recording's sample 0, and its sample k is the recording's sample k, to the last bit:
the samples were digitised when recorded, so no noise, crosstalk or rounding is added. Output commands are accepted
and have no effect. The recording stops between two acquisitions, and while a fault stops the sample clock.
"""

from collections.abc import Mapping

import numpy as np

from analysis.recording import Recording, RecordingError
from analysis.records import FloatArray
from simulators.parameters import Parameters
from simulators.rig.faults import Mishap, PanelPress
from simulators.rig.scheduler import BenchParameters
from simulators.rig.signal_chain import STANDARD, AmplifierModels, ReadAsItIs

SIGNALS = ("current", "thermocouple", "bias", "z")

PIECE = 65536
"""Samples per read of the file."""


class Immovable:
    """World of a recording, which no command changes."""

    truth = None

    def move_coarse(self, distance_m: float) -> None:
        """Do nothing: a recording has no tip to move."""


class RecordedChain:
    """Recorded samples, in place of `simulators.rig.signal_chain.SignalChain`.

    Both amplifiers have their settings at the start of the recording, and answer on their wires. Commands change
    their answers, not the samples. Of the faults, an overload is added to the recorded current and clipped at the
    recorded full scale; a mishap of the junction has no effect.

    Parameters
    ----------
    recording : Recording
        Must stay open during playback.
    parameters : Parameters
        Parameters of the amplifiers.
    rng : Generator
        Source of the amplifiers' noise, which is not used.
    line_address : int
        Address of the voltage preamplifier.
    models : AmplifierModels
        Simulated amplifiers.

    Attributes
    ----------
    rate_Hz : float
        Sample rate of the recording, and so of every acquisition.
    filled : mapping of str to float
        Volts of the signals that were not recorded: the commanded bias if the recording has it, else 0.

    Raises
    ------
    RecordingError
        If the recording does not hold an amplifier's output voltage, or has no sample rate.
    """

    converter = ReadAsItIs()

    def __init__(
        self,
        recording: Recording,
        parameters: Parameters,
        rng: np.random.Generator,
        line_address: int = 0,
        models: AmplifierModels = STANDARD,
    ) -> None:
        check_playable(recording)
        settings = recording.header.settings
        self.rate_Hz = recording.rate_Hz
        self.world = Immovable()
        self.current_amplifier, self.voltage_preamplifier = models.built(parameters, line_address, (rng, rng))
        self.current_amplifier.recall(settings)
        self.voltage_preamplifier.recall(settings)
        sign = -1.0 if settings.get("current_inverting") else 1.0
        self._gain_V_per_A = sign * float(settings.get("current_gain_V_per_A") or 1.0)
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
        """Start an acquisition: the next sample is the recording's sample 0."""
        self._next = 0

    def sample(
        self,
        bias_V: FloatArray,
        z_V: FloatArray,
        dt: float,
        added_current_A: float,
        at_s: Mapping[str, float],
    ) -> Mapping[str, FloatArray]:
        """Return the next n samples of the recording, by its numbering.

        Missing samples are NaN, which no converter reads; samples after the last are 0 V.
        """
        signals = self._signals(self._next, len(bias_V))
        self._next += len(bias_V)
        if added_current_A:
            loud = signals["current"] + added_current_A * self._gain_V_per_A
            signals["current"] = np.clip(loud, -self._full_scale_V, self._full_scale_V)
        return signals

    def advance(
        self,
        bias_V: FloatArray,
        z_V: FloatArray,
        dt: float,
        added_current_A: float,
        at_s: Mapping[str, float],
    ) -> Mapping[str, FloatArray]:
        """Return the last sample, repeated: time passes without an acquisition."""
        signals = self._signals(max(self._next - 1, 0), 1)
        return {name: np.full(len(bias_V), volts[0]) for name, volts in signals.items()}

    def apply(self, event: Mishap | PanelPress) -> None:
        """Do nothing: a recorded junction can't change."""

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
        """Return samples from ``start`` on, as many of n as the loaded piece holds."""
        at = start - self._piece_first
        if not 0 <= at < self._piece.shape[1]:
            stop = min(start + PIECE, self._recording.stop)
            self._piece = self._recording.samples(start, stop, self._recorded)
            self._piece_first, at = start, 0
        return self._piece[:, at : at + n]


def recorded_chain(
    recording: Recording, parameters: Parameters, seed: int, models: AmplifierModels = STANDARD
) -> RecordedChain:
    """Return the chain of a recording, with the preamplifier's address in the bench parameters.

    Raises the errors of `RecordedChain`.
    """
    line_address = parameters.section("bench", BenchParameters).line_address
    return RecordedChain(recording, parameters, np.random.default_rng(seed), line_address, models)


def check_playable(recording: Recording) -> None:
    """Refuse a recording that does not hold the voltages at the card's inputs.

    Raises
    ------
    RecordingError
        With the reason and a remedy, in one message.
    """
    path, header = recording.path, recording.header
    if header.demodulated:
        raise RecordingError(
            f"{path}: holds points of a lock-in, not the samples of a card. Use hotjunction gui to replay it."
        )
    if "current" not in header.channel_names:
        raise RecordingError(
            f"{path}: holds {', '.join(header.channel_names)}, not the voltage of a current amplifier, so the "
            "simulated card can't play it back. Use hotjunction gui to replay it."
        )
    foreign = [
        f"{c.name} in {c.unit or 'unknown unit'}"
        for c in header.channels
        if c.name in SIGNALS and c.unit != "V"
    ]
    if foreign:
        raise RecordingError(
            f"{path}: holds {', '.join(foreign)}, but the simulated card plays back volts only. Use hotjunction gui to "
            "replay it."
        )
    if not recording.rate_Hz > 0:
        raise RecordingError(f"{path}: has no sample rate. Import it again with its rate to play it back.")
    if not recording.n_samples:
        raise RecordingError(f"{path}: holds no samples.")
