"""Noise of current and thermometer: what stands out of it, and the mains."""

from collections.abc import Sequence
from operator import attrgetter

import numpy as np
from PyQt6.QtWidgets import QVBoxLayout, QWidget

from analysis.heating.spectrum import SpectralLine
from analysis.records import FloatArray
from app.gui.plots.axis import Quantity
from app.gui.plots.layers import DOTTED, Line
from app.gui.plots.marks import Note, Rule
from app.gui.plots.panel import PlotPanel
from app.gui.plots.ranges import Range
from app.gui.plots.view import View
from app.gui.theme import Theme
from app.views.noise_view import NoiseSnapshot

FREQUENCY = Quantity("frequency", "<i>f</i>", "Hz", log=True)
CURRENT = Quantity("current noise", "√<i>S</i><sub>I</sub>", "pA/√Hz", log=True)
THERMOMETER = Quantity("thermometer noise", "√<i>S</i><sub>TC</sub>", "nV/√Hz", log=True)
EMPTY = "The spectrum of the {} appears here after 4 s of samples: press Run, or open a recording."
MOST_NOTES = 6
LEAST_NOTED = 150.0
"""A plot that is less high has marks without notes."""
NOTE_WIDTH = 104.0
"""Of two notes that are less far apart, in pixels, the one of the stronger line stays."""


class NoiseView(View[NoiseSnapshot]):
    """Two spectra above each other, linked in frequency."""

    title = "Noise"

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.current = Spectrum(theme, "current", CURRENT)
        self.thermometer = Spectrum(theme, "thermometer", THERMOMETER)
        self.current.x_axis.bare()
        self.current.inside.setXLink(self.thermometer.inside)
        self.current.crosshair_moved.connect(self.thermometer.point_across)
        self.thermometer.crosshair_moved.connect(self.current.point_across)
        self._lay_out(QVBoxLayout(self), self.current, self.thermometer)
        self._tell(self.current, self.thermometer)

    def draw(self, snapshot: NoiseSnapshot) -> None:
        """Other spectra."""
        self.current.show_density(snapshot.frequency_Hz, snapshot.current_pA_per_rtHz, snapshot.current_lines)
        self.thermometer.show_density(
            snapshot.frequency_Hz, snapshot.thermometer_nV_per_rtHz, snapshot.thermometer_lines
        )
        words = f": {snapshot.segments} segments, {snapshot.averaged_s:.0f} s" if snapshot.segments else ""
        self.current.set_count(f"current{words}")
        self.thermometer.set_count(f"thermometer{words}")


class Spectrum(PlotPanel):
    """Amplitude density on logarithmic axes; lines that stand out bear their name."""

    def __init__(self, theme: Theme, what: str, density: Quantity) -> None:
        super().__init__(theme, f"noise of the {what}", FREQUENCY, density, EMPTY.format(what))
        self.density = self.add(Line(what, attrgetter("data")))
        self.rules = [
            self.add(Rule(f"line {i + 1}", attrgetter("warning"), at=np.nan, upright=True, style=DOTTED))
            for i in range(MOST_NOTES)
        ]
        self.notes = [self.add(Note(f"note {i + 1}", attrgetter("warning"))) for i in range(MOST_NOTES)]

    def show_density(self, frequency: FloatArray, density: FloatArray, lines: Sequence[SpectralLine]) -> None:
        """Another spectrum."""
        there = density.size == frequency.size
        self.density.set(frequency if there else [], density if there else [])
        if there and frequency.size:
            self.set_home(x=(float(frequency[0]) / 1.05, float(frequency[-1]) * 1.05), y=_room(density))
        noted = self._apart(lines) if there and frequency.size else []
        room = self.inside.height() >= LEAST_NOTED
        strongest = sorted(lines, key=_rank) if there else []
        for rule, line in zip(self.rules, [*strongest, *[None] * MOST_NOTES], strict=False):
            rule.set(np.nan if line is None else line.frequency_Hz)
        for note, line in zip(self.notes, [*noted, *[None] * MOST_NOTES], strict=False):
            if line is None or not room:
                note.set(np.nan, np.nan, "")
            else:
                note.set(line.frequency_Hz, _top(frequency, density, line.frequency_Hz), name_of(line))

    def _apart(self, lines: Sequence[SpectralLine]) -> list[SpectralLine]:
        """The strongest that can be noted without one on top of another; those with a name first."""
        decades = float(np.log10(self.density.x[-1] / self.density.x[0]))
        least = NOTE_WIDTH / max(self.inside.width(), 1.0) * decades
        chosen: list[SpectralLine] = []
        for line in sorted(lines, key=_rank):
            far = [abs(np.log10(line.frequency_Hz / other.frequency_Hz)) > least for other in chosen]
            if all(far) and len(chosen) < MOST_NOTES:
                chosen.append(line)
        return chosen


def name_of(line: SpectralLine) -> str:
    """The line's name and frequency: "mains 3, 150 Hz"."""
    frequency = f"{line.frequency_Hz:.4g} Hz"
    return f"{line.name}, {frequency}" if line.name else frequency


def _rank(line: SpectralLine) -> tuple[bool, float]:
    """Those with a name first, then the strongest."""
    return not line.name, -line.rms


def _room(density: FloatArray) -> Range | None:
    """From the floor to above the highest line, in steps, with room for its note."""
    positive = density[density > 0]
    if not positive.size:
        return None
    low, high = np.log10(positive.min()), np.log10(positive.max())
    return float(10.0 ** (np.floor(4 * low) / 4)), float(10.0 ** (np.ceil(4 * high) / 4 + 0.5))


def _top(frequency: FloatArray, density: FloatArray, at_Hz: float) -> float:
    near = slice(*np.searchsorted(frequency, [at_Hz * 0.97, at_Hz * 1.03]))
    return float(np.max(density[near], initial=0.0)) or float("nan")
