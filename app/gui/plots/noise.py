"""Noise of current and thermometer: what stands out of it, and the mains."""

from collections.abc import Mapping, Sequence
from operator import attrgetter

import numpy as np
from PyQt6.QtWidgets import QVBoxLayout, QWidget

from analysis.heating.spectrum import SpectralLine
from analysis.records import FloatArray
from app.gui.plots.axis import Quantity
from app.gui.plots.captions import Caption
from app.gui.plots.layers import DOTTED, NOTHING, Line
from app.gui.plots.marks import Rule
from app.gui.plots.panel import PlotPanel
from app.gui.plots.ranges import Range
from app.gui.plots.view import View
from app.gui.theme import Theme
from app.views.noise_view import HELD, OPEN, NoiseSnapshot

FREQUENCY = Quantity("frequency", "<i>f</i>", "Hz", log=True)
PREFIXES = ((1.0, ""), (1e-3, "m"), (1e-6, "µ"), (1e-9, "n"), (1e-12, "p"), (1e-15, "f"))
CURRENT = [
    Quantity("current noise", "√<i>S</i><sub>I</sub>", f"{prefix}A/√Hz", log=True) for _, prefix in PREFIXES
]
THERMOMETER = [
    Quantity("thermometer noise", "√<i>S</i><sub>TC</sub>", f"{prefix}V/√Hz", log=True)
    for _, prefix in PREFIXES
]
EMPTY = (
    "The spectrum of the {} appears here once the junction has been out of contact, or held and modulated, for some "
    "seconds: press Run, or open a recording."
)
LEAST_DECADES = 3
"""Of every spectrum, so that the axes of both are labelled alike: by decades."""
MOST_NOTES = 6
KINDS = (OPEN, HELD)
COLOURS = ("data", "neutral")
"""Of the instruments alone, and with a junction."""


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
        waiting = self.waiting
        for panel in (self.current, self.thermometer):
            panel.empty_text = waiting or panel.usual_text
        current = {x.name: (x.frequency_Hz, x.current_A_per_rtHz, x.current_lines) for x in snapshot.spectra}
        thermometer = {
            x.name: (x.frequency_Hz, x.thermometer_V_per_rtHz, x.thermometer_lines) for x in snapshot.spectra
        }
        seconds = {x.name: x.averaged_s for x in snapshot.spectra}
        self.current.show_spectra(current, seconds)
        self.thermometer.show_spectra(thermometer, seconds)


Shown = tuple[FloatArray, FloatArray, Sequence[SpectralLine]]
"""Frequencies in Hz, densities in A or V per root Hz, lines."""
NOT_SHOWN: Shown = (NOTHING, NOTHING, ())


class Spectrum(PlotPanel):
    """Amplitude densities on logarithmic axes; lines of the instruments' one that stand out bear their name."""

    def __init__(self, theme: Theme, what: str, quantities: Sequence[Quantity]) -> None:
        usual = quantities[4] if what == "current" else quantities[3]
        super().__init__(theme, f"noise of the {what}", FREQUENCY, usual, EMPTY.format(what), captions=True)
        self._quantities = quantities
        self._seconds: Mapping[str, float] = {}
        self.densities = [
            self.add(Line(name, attrgetter(colour), z=z))
            for name, colour, z in zip(KINDS, COLOURS, (6, 5), strict=True)
        ]
        self.rules = [
            self.add(Rule(f"line {i + 1}", attrgetter("warning"), at=np.nan, upright=True, style=DOTTED))
            for i in range(MOST_NOTES)
        ]
        self.notes = [
            self.add(Caption(f"note {i + 1}", attrgetter("warning"), leader=False)) for i in range(MOST_NOTES)
        ]

    def show_spectra(self, shown: Mapping[str, Shown], seconds: Mapping[str, float]) -> None:
        """Other spectra by the names of their kinds, and of how long each is."""
        self._seconds = seconds
        found = [one for one in shown.values() if np.isfinite(one[1]).any()]
        unit, quantity = self._unit(found)
        self.set_quantity(self.y_axis, quantity)
        for line in self.densities:
            frequency_Hz, density, _ = shown.get(line.name, NOT_SHOWN)
            there = bool(np.isfinite(density).any())
            line.set(*((frequency_Hz, density / unit) if there else (NOTHING, NOTHING)))
        if found:
            across = [one[0] for one in found]
            low, high = min(float(x[0]) for x in across), max(float(x[-1]) for x in across)
            self.set_home(x=(low / 1.05, high * 1.05), y=_room([one[1] / unit for one in found]))
        lines = sorted(found[0][2], key=_rank)[:MOST_NOTES] if found else []
        marks = [(one.frequency_Hz, name_of(one)) for one in lines] + [(np.nan, "")] * MOST_NOTES
        for rule, note, (at, name) in zip(self.rules, self.notes, marks, strict=False):
            rule.set(at)
            note.set(at, 1.0, name)

    def refresh(self) -> None:
        """Also the keys of the lines, above the axes: a small plot has no room for a legend."""
        lines = [line for line in getattr(self, "densities", ()) if not line.empty]
        self.set_count(
            *(
                f'<span style="color:{line.colour(self._colours())}">{line.key}</span>&nbsp;{line.name}, '
                f"{self._seconds[line.name]:.0f} s"
                for line in lines
            )
        )
        super().refresh()

    def _unit(self, shown: Sequence[Shown]) -> tuple[float, Quantity]:
        """The prefix with which the middle of the first spectrum is a number from 1 on."""
        middle = float(np.nanmedian(shown[0][1])) if shown else 0.0
        if middle <= 0.0:
            return 1.0, self.y_axis.quantity
        chosen = next((i for i, (size, _) in enumerate(PREFIXES) if middle >= size), len(PREFIXES) - 1)
        return PREFIXES[chosen][0], self._quantities[chosen]


def name_of(line: SpectralLine) -> str:
    """The line's name and frequency: "mains 3, 150 Hz"."""
    frequency = f"{line.frequency_Hz:.4g} Hz"
    return f"{line.name}, {frequency}" if line.name else frequency


def _rank(line: SpectralLine) -> tuple[bool, float]:
    """Those with a name first, then the strongest."""
    return not line.name, -line.rms


def _room(densities: Sequence[FloatArray]) -> Range | None:
    """Whole decades about all spectra, and not too few of them."""
    positive = np.concatenate([density[density > 0] for density in densities])
    if not positive.size:
        return None
    low, high = np.floor(np.log10(positive.min())), np.ceil(np.log10(positive.max()))
    return float(10.0**low), float(10.0 ** max(high, low + LEAST_DECADES))
