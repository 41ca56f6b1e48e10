"""Noise spectra of current and thermocouple, with mains harmonics and other lines."""

from collections.abc import Mapping, Sequence
from operator import attrgetter

import numpy as np
from PyQt6.QtWidgets import QVBoxLayout, QWidget

from analysis.records import FloatArray
from analysis.spectra.lines import SpectralLine
from analysis.spectra.noise_reducer import HELD, OPEN
from app.gui.plots.axis import AxisQuantity
from app.gui.plots.captions import Caption
from app.gui.plots.layers import DOTTED, NOTHING, LineLayer
from app.gui.plots.marks import StraightLine
from app.gui.plots.panel import PlotPanel
from app.gui.plots.ranges import Range
from app.gui.plots.view import View
from app.gui.widgets.theme import Theme
from app.viewmodels.noise_view import NoiseSnapshot

FREQUENCY = AxisQuantity("frequency", "<i>f</i>", "Hz", log=True)
PREFIXES = ((1.0, ""), (1e-3, "m"), (1e-6, "µ"), (1e-9, "n"), (1e-12, "p"), (1e-15, "f"))
CURRENT = [
    AxisQuantity("current noise", "√<i>S</i><sub>I</sub>", f"{prefix}A/√Hz", log=True)
    for _, prefix in PREFIXES
]
THERMOMETER = [
    AxisQuantity("thermometer noise", "√<i>S</i><sub>TC</sub>", f"{prefix}V/√Hz", log=True)
    for _, prefix in PREFIXES
]
EMPTY = (
    "The noise spectrum of the {} appears here once the junction has been out of contact, or held and modulated, for "
    "a few seconds. Start a run or open a recording."
)
LEAST_DECADES = 3
"""Minimum vertical range of a spectrum, so that both axes are labelled by decades."""
MOST_NOTES = 6
KINDS = (OPEN, HELD)
COLOURS = ("data", "neutral")
"""Colours of the instruments alone and with a junction."""


class NoisePlot(View[NoiseSnapshot]):
    """Two spectra, one above the other, linked in frequency."""

    title = "Noise"

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.current = SpectrumPlot(theme, "current", CURRENT)
        self.thermometer = SpectrumPlot(theme, "thermometer", THERMOMETER)
        self.current.x_axis.bare()
        self.current.inside.setXLink(self.thermometer.inside)
        self.current.crosshair_moved.connect(self.thermometer.point_across)
        self.thermometer.crosshair_moved.connect(self.current.point_across)
        self._lay_out(QVBoxLayout(self), self.current, self.thermometer)
        self._tell(self.current, self.thermometer)

    def draw(self, snapshot: NoiseSnapshot) -> None:
        """Draw the spectra."""
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
"""Frequencies in Hz, densities in A or V per root Hz, spectral lines."""
NOT_SHOWN: Shown = (NOTHING, NOTHING, ())


class SpectrumPlot(PlotPanel):
    """Amplitude densities on logarithmic axes; strong lines of the instruments' spectrum are labelled."""

    def __init__(self, theme: Theme, what: str, quantities: Sequence[AxisQuantity]) -> None:
        usual = quantities[4] if what == "current" else quantities[3]
        super().__init__(theme, f"noise of the {what}", FREQUENCY, usual, EMPTY.format(what), captions=True)
        self._quantities = quantities
        self._seconds: Mapping[str, float] = {}
        self.densities = [
            self.add(LineLayer(name, attrgetter(colour), z=z))
            for name, colour, z in zip(KINDS, COLOURS, (6, 5), strict=True)
        ]
        self.rules = [
            self.add(
                StraightLine(f"line {i + 1}", attrgetter("warning"), at=np.nan, upright=True, style=DOTTED)
            )
            for i in range(MOST_NOTES)
        ]
        self.notes = [
            self.add(Caption(f"note {i + 1}", attrgetter("warning"), leader=False)) for i in range(MOST_NOTES)
        ]

    def show_spectra(self, shown: Mapping[str, Shown], seconds: Mapping[str, float]) -> None:
        """Show spectra and the time of averaging of each, in s, by the name of their kind."""
        self._seconds = seconds
        present = [spectrum for spectrum in shown.values() if np.isfinite(spectrum[1]).any()]
        unit, quantity = self._unit(present)
        self.set_quantity(self.y_axis, quantity)
        for line in self.densities:
            frequency_Hz, density, _ = shown.get(line.name, NOT_SHOWN)
            finite = bool(np.isfinite(density).any())
            line.set(*((frequency_Hz, density / unit) if finite else (NOTHING, NOTHING)))
        if present:
            low = min(float(frequency_Hz[0]) for frequency_Hz, _, _ in present)
            high = max(float(frequency_Hz[-1]) for frequency_Hz, _, _ in present)
            self.set_home(x=(low / 1.05, high * 1.05), y=_room([density / unit for _, density, _ in present]))
        lines = sorted(present[0][2], key=_rank)[:MOST_NOTES] if present else []
        marks = [(line.frequency_Hz, name_of(line)) for line in lines] + [(np.nan, "")] * MOST_NOTES
        for rule, note, (at, name) in zip(self.rules, self.notes, marks, strict=False):
            rule.set(at)
            note.set(at, 1.0, name)

    def refresh(self) -> None:
        """Draw the panel, with the keys of the lines above the axes, as a small plot has no legend."""
        lines = [line for line in getattr(self, "densities", ()) if not line.empty]
        self.set_count(
            *(
                f'<span style="color:{line.colour(self._colours())}">{line.key}</span>&nbsp;{_shortly(line.name)}, '
                f"{self._seconds[line.name]:.0f} s"
                for line in lines
            )
        )
        super().refresh()

    def _unit(self, shown: Sequence[Shown]) -> tuple[float, AxisQuantity]:
        """Return the unit, and the quantity with its prefix, in which the first spectrum's median is at least 1."""
        middle = float(np.nanmedian(shown[0][1])) if shown else 0.0
        if middle <= 0.0:
            return 1.0, self.y_axis.quantity
        chosen = next((i for i, (size, _) in enumerate(PREFIXES) if middle >= size), len(PREFIXES) - 1)
        return PREFIXES[chosen][0], self._quantities[chosen]


def name_of(line: SpectralLine) -> str:
    """Return the name and frequency of a line: "mains 3, 150 Hz"."""
    frequency = f"{line.frequency_Hz:.4g} Hz"
    return f"{line.name}, {frequency}" if line.name else frequency


def _rank(line: SpectralLine) -> tuple[bool, float]:
    """Return a sort key: lines with a name first, then by strength."""
    return not line.name, -line.rms


def _room(densities: Sequence[FloatArray]) -> Range | None:
    """Return a range of at least `LEAST_DECADES` whole decades that covers all spectra."""
    positive = np.concatenate([density[density > 0] for density in densities])
    if not positive.size:
        return None
    low, high = np.floor(np.log10(positive.min())), np.ceil(np.log10(positive.max()))
    return float(10.0**low), float(10.0 ** max(high, low + LEAST_DECADES))


def _shortly(kind: str) -> str:
    """Return a name that leaves room for the other one above a narrow plot: "held" for "held and modulated"."""
    return kind.partition(" and ")[0]
