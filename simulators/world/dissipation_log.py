"""Log of the true dissipation: a line for each stretch of constant bias in one junction, for tests and demos.

The lines of some junctions give exactly the temperature rise of the tip that a measurement of them should find,
including every random draw and every event.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.records import FloatArray
from simulators.world.junction_protocol import ProtocolStretch

WAITING = 16_384
"""Number of samples collected before they are summed, so that short steps of the world stay cheap."""

LINE = np.dtype(
    [
        ("kind", "U8"),  # "contact" or "molecule"
        ("number", np.int64),  # as counted by Truth.contacts and Truth.bridges
        ("bias_V", np.float64),
        ("begin_s", np.float64),  # in the world's time
        ("end_s", np.float64),
        ("tip_J", np.float64),  # heat left in the tip
        ("total_J", np.float64),  # I V of the junction alone, without series resistances
    ]
)


@dataclass(frozen=True)
class JunctionDissipation:
    """Sum of some lines.

    Parameters
    ----------
    time_s : float
        Total duration.
    tip_W, total_W : float
        Mean heat in the tip, and mean power I V of the junction.
    tip_rise_K : float
        Mean rise of the tip's temperature.
    """

    time_s: float
    tip_W: float
    total_W: float
    tip_rise_K: float


class DissipationLog:
    """Log of the dissipation; ``resistance_K_per_W`` is the tip's thermal resistance."""

    def __init__(self, resistance_K_per_W: float) -> None:
        self._resistance_K_per_W = resistance_K_per_W
        self._waiting: list[
            tuple[ProtocolStretch, float, FloatArray, FloatArray, FloatArray, FloatArray]
        ] = []
        self._samples = 0
        self._pages: list[NDArray[np.void]] = []

    def memento(self) -> Callable[[], None]:
        """Return a function that discards all that is entered from now on; the entries themselves are constant."""
        waiting, samples, pages = list(self._waiting), self._samples, len(self._pages)

        def restore() -> None:
            self._waiting, self._samples = waiting, samples
            del self._pages[pages:]

        return restore

    def enter(
        self,
        stretches: Sequence[ProtocolStretch],
        dt: float,
        time_s: FloatArray,
        bias_V: FloatArray,
        power_W: FloatArray,
        heat_W: FloatArray,
    ) -> None:
        """Log steps of ``dt`` that end at ``time_s``; shapes (n,). The arrays must not change afterwards."""
        for stretch in stretches:
            if stretch.number:
                s = stretch.samples
                self._waiting.append((stretch, dt, time_s[s], bias_V[s], power_W[s], heat_W[s]))
                self._samples += s.stop - s.start
        if self._samples > WAITING:
            self._sum()

    @property
    def lines(self) -> NDArray[np.void]:
        """All lines, shape (n,), fields as in `LINE`; a stretch may be split into several adjacent ones."""
        self._sum()
        return np.concatenate(self._pages) if self._pages else np.empty(0, LINE)

    def account(
        self,
        kind: str | None = None,
        number: int | None = None,
        bias_V: float | None = None,
        during_s: tuple[float, float] = (-np.inf, np.inf),
    ) -> JunctionDissipation:
        """Add up lines.

        Parameters
        ----------
        kind, number : optional
            Junctions to include; None for all.
        bias_V : float, optional
            Bias, within 2 mV; None for all.
        during_s : tuple of float
            Begin and end in the world's time; lines that are partly inside count in part.

        Raises
        ------
        ValueError
            If there is no such line.
        """
        lines = self.lines
        begin = np.maximum(lines["begin_s"], during_s[0])
        inside_s = np.minimum(lines["end_s"], during_s[1]) - begin
        wanted = inside_s > 0
        if kind is not None:
            wanted &= lines["kind"] == kind
        if number is not None:
            wanted &= lines["number"] == number
        if bias_V is not None:
            wanted &= np.abs(lines["bias_V"] - bias_V) < 2e-3
        if not wanted.any():
            raise ValueError("the ledger has no such line")
        lines, inside_s = lines[wanted], inside_s[wanted]
        share = inside_s / (lines["end_s"] - lines["begin_s"])
        time_s = float(inside_s.sum())
        tip_W = float(share @ lines["tip_J"]) / time_s
        total_W = float(share @ lines["total_J"]) / time_s
        return JunctionDissipation(time_s, tip_W, total_W, self._resistance_K_per_W * tip_W)

    def _sum(self) -> None:
        """Sum the collected samples into lines."""
        if not self._waiting:
            return
        stretches, steps, *columns = zip(*self._waiting, strict=True)
        self._waiting, self._samples = [], 0
        time_s, bias_V, power_W, heat_W = map(np.concatenate, columns)
        lengths = [stretch.samples.stop - stretch.samples.start for stretch in stretches]
        dt = np.repeat(np.array(steps), lengths)
        molecule = np.repeat([stretch.kind in ("molecule", "film") for stretch in stretches], lengths)
        number = np.repeat([stretch.number for stretch in stretches], lengths)
        begin_s = time_s - dt
        turns = (np.diff(bias_V) != 0) | (np.diff(molecule) != 0) | (np.diff(number) != 0)
        turns |= np.abs(begin_s[1:] - time_s[:-1]) > 0.5 * dt[1:]
        first = np.concatenate(([0], np.flatnonzero(turns) + 1))
        last = np.concatenate((first[1:], [len(time_s)])) - 1
        page = np.empty(len(first), LINE)
        page["kind"] = np.where(molecule[first], "molecule", "contact")
        page["number"], page["bias_V"] = number[first], bias_V[first]
        page["begin_s"], page["end_s"] = begin_s[first], time_s[last]
        page["tip_J"] = np.add.reduceat(heat_W * dt, first)
        page["total_J"] = np.add.reduceat(power_W * dt, first)
        self._pages.append(page)
