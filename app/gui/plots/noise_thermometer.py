"""Plots of a noise thermometer: noise of contacts against conductance, and their temperature contact by contact."""

from collections.abc import Callable

import numpy as np
from PyQt6.QtWidgets import QWidget

from analysis.numbers import counted
from analysis.thermoelectric.noise_run import FEW
from app.gui.plots.axis import AxisQuantity
from app.gui.plots.layers import DASHED, LineLayer, Points
from app.gui.plots.panel import PlotPanel
from app.gui.plots.result_rows import BETWEEN, Results, measured
from app.gui.plots.view import View
from app.gui.widgets.theme import Palette, Theme
from app.viewmodels.noise_thermometer_view import NO_CALIBRATION, NoiseThermometerSnapshot, ShownSet
from app.viewmodels.wording import plain_number

CONDUCTANCE = AxisQuantity("conductance", "<i>G</i>", "<i>G</i><sub>0</sub>")
DENSITY = AxisQuantity("noise without the amplifier's", "<i>S</i><sub>I</sub>", "pA²/Hz")
CONTACTS = AxisQuantity("contacts", "contacts", "")
TEMPERATURE = AxisQuantity("noise temperature", "<i>T</i>", "K")
EMPTY = "The noise of contacts appears here. Run Noise thermometer or open a recording of it."
SCATTER = " (scatter not known yet)"
ABOUT = (
    f"Errors are standard errors and include the calibration. With fewer than {FEW} contacts at a difference their "
    "scatter is not known yet: the error is that of their noise alone."
)


class SetLayers:
    """Layers of the contacts at one temperature difference."""

    def __init__(self, left: PlotPanel, right: PlotPanel, difference_K: float, colour: int) -> None:
        name, shade = f"Δ<i>T</i> = {plain_number(difference_K)} K", _shade(colour)
        self.contacts = left.add(Points(name, shade, "o", size=5))
        self.line = left.add(LineLayer(f"4 <i>k T G</i>, {name}", shade, width=2, z=15))
        self.means = right.add(Points(f"mean and standard error, {name}", shade, "o", size=6))
        self.commanded = right.add(LineLayer(f"commanded mean, {name}", shade, DASHED))

    def show(self, one: ShownSet) -> None:
        """Show a set."""
        self.contacts.set(one.conductance_G0, one.density, one.sigma_density)
        self.line.set(one.line_G0, one.line_density)
        number = np.arange(1.0, one.running_K.size + 1.0)
        self.means.set(number, one.running_K, one.running_sigma_K)
        self.commanded.set([0.0, number[-1] + 1.0], [one.mean.expected_K, one.mean.expected_K])

    def clear(self) -> None:
        """Show nothing."""
        for layer in (self.contacts, self.line, self.means, self.commanded):
            layer.set([], [])


class NoiseThermometerPlot(View[NoiseThermometerSnapshot]):
    """Noise against conductance on the left, convergence of the temperatures on the right."""

    title = "Noise thermometer"

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.noise = PlotPanel(
            theme, "noise of contacts", CONDUCTANCE, DENSITY, EMPTY, legend=True, zero=True
        )
        self.resistors = self.noise.add(Points("resistors, open input", lambda c: c.neutral, "s", size=8))
        self.convergence = PlotPanel(theme, "noise temperature", CONTACTS, TEMPERATURE, EMPTY)
        self.sets: dict[float, SetLayers] = {}
        self.results = Results("noise temperature")
        self._set_beside(self.results, self.noise, self.convergence)

    def draw(self, snapshot: NoiseThermometerSnapshot) -> None:
        """Draw resistors, contacts, lines and means."""
        self.resistors.set(snapshot.resistor_G0, snapshot.resistor_density)
        for layers in self.sets.values():
            layers.clear()
        for one in snapshot.sets:
            difference_K = one.mean.difference_K
            if difference_K not in self.sets:
                self.sets[difference_K] = SetLayers(
                    self.noise, self.convergence, difference_K, len(self.sets)
                )
            self.sets[difference_K].show(one)
        for panel in self.panels:
            panel.empty_text = snapshot.problem or self.waiting or panel.usual_text
        self.results.tell(*_found(snapshot), why=ABOUT if snapshot.sets else "")
        self.noise.set_count(*_counted(snapshot))
        shown = [self.resistors, *(layer for one in self.sets.values() for layer in (one.contacts, one.line))]
        self.noise.set_legend([layer.name for layer in shown if not layer.empty])


def _shade(number: int) -> Callable[[Palette], str]:
    return lambda colours: colours.sequence[number % len(colours.sequence)]


def _found(snapshot: NoiseThermometerSnapshot) -> list[str]:
    """Return a row for each temperature difference, or that resistors must calibrate first."""
    if snapshot.problem:
        return [NO_CALIBRATION]
    return [
        BETWEEN.join(
            (
                measured(
                    f"<i>T</i>(Δ<i>T</i> = {plain_number(mean.difference_K)} K)",
                    mean.temperature_K,
                    mean.sigma_K,
                    "K",
                ),
                counted(mean.contacts, "contact") + (SCATTER if mean.contacts < FEW else ""),
                f"commanded {mean.expected_K:g} K",
            )
        )
        for mean in (one.mean for one in snapshot.sets)
    ]


def _counted(snapshot: NoiseThermometerSnapshot) -> list[str]:
    if not snapshot.contacts and not snapshot.rejected:
        return []
    left_out = f", {snapshot.rejected} left out" if snapshot.rejected else ""
    return [counted(snapshot.contacts, "contact") + left_out]
