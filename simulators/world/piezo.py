"""Piezo of the tip with its driver: true extension, which differs from the command by creep and hysteresis."""

from itertools import pairwise

import numpy as np
from pydantic import Field, model_validator

from analysis.records import FloatArray
from simulators.parameters import ParameterSection
from simulators.signal.filters import OnePoles

NM = 1e-9


class PiezoParameters(ParameterSection):
    """Sensitivity, creep and hysteresis."""

    extension_nm_per_V: float = Field(gt=0)
    creep_per_decade: float = Field(ge=0, lt=1)
    creep_times_s: list[float]
    hysteresis_shares: list[float]
    hysteresis_radii_nm: list[float]
    reversed: bool = False

    @model_validator(mode="after")
    def _consistent(self) -> "PiezoParameters":
        if len(self.hysteresis_shares) != len(self.hysteresis_radii_nm):
            raise ValueError("hysteresis_shares and hysteresis_radii_nm must have equally many entries")
        if min(self.creep_times_s, default=1.0) <= 0 or min(self.hysteresis_radii_nm, default=1.0) <= 0:
            raise ValueError("creep_times_s and hysteresis_radii_nm must be greater than 0")
        return self


class PiezoActuator:
    """Extension toward the sample as a function of the driving voltage.

    Hysteresis is a sum of play operators (Prandtl-Ishlinskii), which follow only once the stroke exceeds their radius,
    so that small strokes have the nominal sensitivity and large ones a little more. Creep is a sum of relaxations one
    decade apart, which together follow the logarithm of time. The piezo starts at rest at 0 V.
    """

    def __init__(self, parameters: PiezoParameters) -> None:
        direction = -1.0 if parameters.reversed else 1.0
        self._m_per_V = direction * parameters.extension_nm_per_V * NM
        self._shares = np.array(parameters.hysteresis_shares)[:, None]
        self._radii = np.array(parameters.hysteresis_radii_nm)[:, None] * NM
        self._play = np.zeros_like(self._radii)
        self._last = 0.0
        self._creep_share = parameters.creep_per_decade
        self._times_s = np.array(parameters.creep_times_s)
        self._dt = 0.0
        self._relaxed = np.zeros(len(self._times_s))

    def extension(self, z_V: FloatArray, dt: float) -> FloatArray:
        """Return the true extension in m at the end of each step of ``dt`` seconds; shape (n,)."""
        nominal = self._m_per_V * z_V
        pulled = nominal + self._hysteresis(nominal)
        return pulled + self._creep(pulled, dt) if self._creep_share else pulled

    def _creep(self, pulled: FloatArray, dt: float) -> FloatArray:
        if dt != self._dt:
            poles = np.maximum(np.exp(-dt / self._times_s), 1e-12)
            self._relaxing, self._dt = OnePoles(poles, 1.0 - poles), dt
        relaxed = self._relaxing.solved(pulled, self._relaxed)
        self._relaxed = relaxed[:, -1].copy()
        crept: FloatArray = self._creep_share * np.add.reduce(relaxed, axis=0)
        return crept

    def _hysteresis(self, nominal: FloatArray) -> FloatArray:
        strokes = moves(nominal, self._last)
        falls = bool(strokes.min() < 0)
        self._last = nominal[-1]
        if not (falls and strokes.max() > 0):  # nearly always
            return self._stroke(nominal, falling=falls)
        turns = [0, *_turning_points(strokes), len(nominal)]
        added = np.empty_like(nominal)
        for start, stop in pairwise(turns):
            added[start:stop] = self._stroke(nominal[start:stop], falling=bool(strokes[start:stop].min() < 0))
        return added

    def _stroke(self, nominal: FloatArray, *, falling: bool) -> FloatArray:
        """Return the play of all operators along a monotonic stroke, each carried along beyond its radius."""
        if falling:
            play = np.minimum(self._play, nominal + self._radii)
        else:
            play = np.maximum(self._play, nominal - self._radii)
        self._play = play[:, -1:]
        added: FloatArray = np.add.reduce(self._shares * play, axis=0)
        return added


def moves(values: FloatArray, before: float) -> FloatArray:
    """Return the change of each value from the previous one; shape (n,)."""
    changes = np.empty_like(values)
    changes[0] = values[0] - before
    np.subtract(values[1:], values[:-1], out=changes[1:])
    return changes


def _turning_points(strokes: FloatArray) -> list[int]:
    """Return the indices at which the direction differs from that of the last move, ignoring standstill."""
    moving = np.flatnonzero(strokes)
    if len(moving) < 2:
        return []
    rising = strokes[moving] > 0
    return [int(i) for i in moving[1:][rising[1:] != rising[:-1]]]
