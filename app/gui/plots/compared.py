"""Plots of several recordings, each in its own colour: histograms, mean I-V curves, heat."""

from html import escape
from operator import attrgetter

import numpy as np

from analysis.numbers import counted, with_error
from analysis.records import FloatArray
from app.gui.plots.heating import NAMES, PROBE, TOTAL
from app.gui.plots.histogram import COUNTS
from app.gui.plots.histogram_range import HIGH_G0, QUANTA_G0
from app.gui.plots.iv import CURRENT, VOLTAGE
from app.gui.plots.layers import DASHED, DOTTED, SOLID, Band, Colour, LineLayer, Points
from app.gui.plots.panel import PlotPanel
from app.gui.plots.ranges import held
from app.gui.plots.strips import CONDUCTANCE
from app.gui.widgets.theme import Palette, Theme
from app.viewmodels.compared import ComparedKind, ComparedRecording

STYLES = (SOLID, SOLID, SOLID, SOLID, DASHED, DOTTED, DASHED, DOTTED)
"""Line styles: some colour-blind people confuse the last two colours with earlier ones, so their lines differ; the
seventh and eighth recording have the first two colours again.
"""
LONGEST = 36
"""Letters of a name in the legend; a longer one is shortened in its middle."""
MOST = len(STYLES)
ABOVE_NOISE, ABOVE_PEAKS = 5.0, 1.25
"""The range is set by the highest counts above this multiple of the noise, times the second factor."""
COLOURS = 6
"""Number of colours; later recordings have hollow points."""
BEFORE, BEYOND = -0.03, 1.06
"""Range of power as multiples of the largest; controls at zero power stay fully visible."""
SIGNS, SYMBOLS = ("pos", "neg"), "os"


class Guide(LineLayer):
    """Line that guides the eye from point to point; it has no data of its own."""

    def columns(self, across: str, up: str) -> list[tuple[str, FloatArray]]:
        """Return no columns: the points have them."""
        return []


class ComparedPanel(PlotPanel):
    """Plot of one kind of result for all recordings that have it."""

    kind: ComparedKind
    tab: str

    def add_recording(self, number: int, recording: ComparedRecording) -> None:
        """Draw the result of a recording; ``number`` (from 0, less than `MOST`) selects colour and line style."""
        raise NotImplementedError


class ComparedHistograms(ComparedPanel):
    """Conductance histograms of the kept traces."""

    kind, tab = ComparedKind.HISTOGRAM, "Histograms"

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, "histograms", CONDUCTANCE, COUNTS, legend=True, zero=True)
        self._tall = 0.0
        self._across = (float("inf"), 0.0)

    def add_recording(self, number: int, recording: ComparedRecording) -> None:
        """Draw the histogram as a line."""
        histogram = recording.histogram
        if histogram is None:
            return
        details = [counted(histogram.traces, "trace")]
        if histogram.peaks_G0:
            details.append(", ".join(with_error(*peak) for peak in histogram.peaks_G0) + " G₀")
        name, g = escape(recording.label), histogram.conductance_G0
        line = self.add(LineLayer(name, recording_colour(number), STYLES[number], width=1.5))
        line.legend_name = entry(recording.label, details)
        line.set(g, histogram.counts)
        used = g[histogram.counts > 0]
        self._across = min(self._across[0], used[0]), min(max(self._across[1], used[-1]), HIGH_G0)
        between = (g > ABOVE_NOISE * histogram.noise_G0) & (g < QUANTA_G0)
        self._tall = max(self._tall, histogram.counts[between].max(initial=0.0) or histogram.counts.max())
        self.set_home(x=self._across, y=held(None, (0.0, ABOVE_PEAKS * self._tall), zero=True))
        self.refresh()


class ComparedCurves(ComparedPanel):
    """Mean I-V curves with a band of one standard deviation of the junctions."""

    kind, tab = ComparedKind.IV, "I-V"

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, "current-voltage curves", VOLTAGE, CURRENT, legend=True)
        self._reach = 0.0

    def add_recording(self, number: int, recording: ComparedRecording) -> None:
        """Draw the mean as a line with a band of one standard deviation of the junctions."""
        iv = recording.iv
        if iv is None:
            return
        name, colour = escape(recording.label), recording_colour(number)
        band = self.add(Band(f"{name}, SD of the junctions", colour, opacity=0.18))
        band.set(iv.voltage_V, iv.low_nA, iv.high_nA)
        details = [counted(iv.junctions, "junction")]
        if np.isfinite(iv.conductance_G0):
            doubt = "" if iv.trusted else " ?"
            details.append(f"<i>G</i> = {with_error(iv.conductance_G0, iv.error_G0)} G₀{doubt}")
        mean = self.add(LineLayer(name, colour, STYLES[number], width=2))
        mean.legend_name = entry(recording.label, details)
        mean.set(iv.voltage_V, iv.current_nA)
        self.set_legend([layer.name for layer in self.layers if isinstance(layer, LineLayer)])
        self.set_count("mean and SD of the junctions")
        self._reach = max(self._reach, float(np.abs(iv.voltage_V).max()))
        self.set_home(x=(-1.04 * self._reach, 1.04 * self._reach))
        self.refresh()


class ComparedHeats(ComparedPanel):
    """Heat in the tip against power in the junction for both polarities."""

    kind, tab = ComparedKind.HEAT, "Heat"

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, "heat", TOTAL, PROBE, legend=True)
        self.symmetric = self.add(
            LineLayer("symmetric: half of the power in the tip", attrgetter("neutral"), width=1.5, z=3)
        )
        self._named: list[str] = []
        self._largest_uW = 0.0

    def add_recording(self, number: int, recording: ComparedRecording) -> None:
        """Draw points with errors, joined by a thin line."""
        if recording.heat is None:
            return
        points, scale = recording.heat.points, recording.heat.scale_relative
        name, colour = escape(recording.label), recording_colour(number)
        details = [
            counted(points.amplitude_V.size, "amplitude"),
            f"up to {counted(int(points.junctions.max()), 'junction')}",
        ]
        if np.isfinite(scale):
            details.append(f"common scale ±{100 * scale:.1f} %")
        for sign, symbol, polarity in zip(SIGNS, SYMBOLS, NAMES, strict=True):
            x, y, x_error, y_error = (
                getattr(points, f"{what}_{sign}_uW")
                for what in ("q_total", "q_probe", "sigma_total", "sigma_probe")
            )
            layer = self.add(Points(f"{name}, {polarity}", colour, symbol, size=8, hollow=number >= COLOURS))
            layer.set(x, y, y_error, x_error)
            guide = self.add(
                Guide(f"{name}, from point to point, {polarity}", colour, STYLES[number], width=1.2)
            )
            guide.legend_name = entry(recording.label, details)
            guide.set(x, y)
            self._named += [guide.name] if sign == SIGNS[0] else []
            self._largest_uW = max(self._largest_uW, float(np.max(x)))
        self.symmetric.set([0.0, BEYOND * self._largest_uW], [0.0, 0.5 * BEYOND * self._largest_uW])
        self.set_legend([*self._named, self.symmetric.name])
        self.set_count("● <i>V</i> &gt; 0&nbsp; ■ <i>V</i> &lt; 0")
        self.set_home(x=(BEFORE * self._largest_uW, BEYOND * self._largest_uW))
        self.refresh()


PANELS: tuple[type[ComparedHistograms] | type[ComparedCurves] | type[ComparedHeats], ...] = (
    ComparedHistograms,
    ComparedCurves,
    ComparedHeats,
)
"""Panels in the order of their tabs."""


def recording_colour(number: int) -> Colour:
    """Return the colour of a recording."""

    def colour(colours: Palette) -> str:
        return colours.sequence[number % len(colours.sequence)]

    return colour


def entry(name: str, details: list[str]) -> str:
    """Return a legend entry, rich text: the name, and details in small letters."""
    return f"{escape(shortened(name, LONGEST))} <small>{', '.join(details)}</small>"


def shortened(name: str, most: int) -> str:
    """Return a name of at most ``most`` letters; a longer one loses its middle."""
    if len(name) <= most:
        return name
    end = most // 2
    return f"{name[: most - end - 1]}…{name[-end:]}"
