"""Log of the true thermopower, thermal conductance and temperatures of junctions, for tests and acceptance runs."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from analysis.records import FloatArray
from simulators.world.junction_protocol import ProtocolStretch

WAITING = 16_384
"""Number of samples collected before they are summed, so that short steps of the world stay cheap."""

Key = tuple[str, int]


@dataclass(frozen=True)
class JunctionTruth:
    """Means over the samples of one junction: S, G_th, and the rises of tip and substrate.

    ``last_W_per_K`` is what its rupture takes away: G_th of its last sample less that of the gap that is left.
    """

    samples: int = 0
    seebeck_V_per_K: float = 0.0
    junction_W_per_K: float = 0.0
    tip_K: float = 0.0
    substrate_K: float = 0.0
    last_W_per_K: float = 0.0

    def with_samples(self, values: FloatArray, last_W_per_K: float) -> "JunctionTruth":
        """Return the truth with more samples of the four quantities, shape (4, n)."""
        n = self.samples + values.shape[1]
        means = np.array([self.seebeck_V_per_K, self.junction_W_per_K, self.tip_K, self.substrate_K])
        means += (values.sum(axis=1) - means * values.shape[1]) / n
        seebeck_V_per_K, junction_W_per_K, tip_K, substrate_K = means.tolist()
        return JunctionTruth(n, seebeck_V_per_K, junction_W_per_K, tip_K, substrate_K, last_W_per_K)


class JunctionLog:
    """Truths by kind and number of the junction; samples are kept and summed later, many at a time."""

    def __init__(self) -> None:
        self._waiting: list[tuple[Key, FloatArray, float]] = []
        self._samples = 0
        self._truths: dict[Key, JunctionTruth] = {}

    def memento(self) -> Callable[[], None]:
        """Return a function that discards all that is entered from now on; the entries themselves are constant."""
        waiting, samples, truths = list(self._waiting), self._samples, dict(self._truths)

        def restore() -> None:
            self._waiting, self._samples, self._truths = waiting, samples, truths

        return restore

    def enter(self, stretch: ProtocolStretch, values: FloatArray, last_W_per_K: float) -> None:
        """Log the samples of a stretch of a junction; ``values`` has the four quantities, shape (4, n)."""
        self._waiting.append(((stretch.kind, stretch.number), values, last_W_per_K))
        self._samples += values.shape[1]
        if self._samples > WAITING:
            self._sum()

    @property
    def truths(self) -> dict[Key, JunctionTruth]:
        """Truth of each junction, in the order in which they formed."""
        self._sum()
        return self._truths

    def _sum(self) -> None:
        pieces: dict[Key, list[FloatArray]] = {}
        last: dict[Key, float] = {}
        for key, values, last_W_per_K in self._waiting:
            pieces.setdefault(key, []).append(values)
            last[key] = last_W_per_K
        for key, some in pieces.items():
            truth = self._truths.get(key, JunctionTruth())
            self._truths[key] = truth.with_samples(np.concatenate(some, axis=1), last[key])
        self._waiting, self._samples = [], 0
