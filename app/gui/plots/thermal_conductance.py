"""Plots of a thermal conductance: the mean trace about the ruptures, and the mean over the ruptures so far."""

from math import isfinite
from operator import attrgetter

from PyQt6.QtWidgets import QWidget

from analysis.numbers import counted, with_error
from app.gui.plots.axis import AxisQuantity
from app.gui.plots.layers import Band, LineLayer
from app.gui.plots.panel import PlotPanel
from app.gui.plots.ranges import span
from app.gui.plots.result_rows import BETWEEN, Results
from app.gui.plots.view import View
from app.gui.widgets.theme import Theme
from app.viewmodels.thermal_conductance_view import ThermalConductanceSnapshot

TIME = AxisQuantity("time from the rupture", "time from the rupture", "s", letter="<i>t</i>")
CHANGE = AxisQuantity("temperature less that afterwards", "Δ<i>T</i>", "mK")
RUPTURES = AxisQuantity("ruptures", "ruptures", "")
CONDUCTANCE = AxisQuantity("mean thermal conductance", "<i>G</i><sub>th</sub>", "pW/K")
EMPTY = (
    "The mean trace of the tip's temperature about the ruptures appears here. Run Thermal conductance or open a \
recording of it."
)
EMPTY_MEAN = "The mean thermal conductance appears here, rupture by rupture."


class ThermalConductancePlot(View[ThermalConductanceSnapshot]):
    """The aligned mean trace with its band on the left, the running mean on the right."""

    title = "Thermal conductance"

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.traces = PlotPanel(theme, "aligned mean", TIME, CHANGE, EMPTY)
        self.band = self.traces.add(Band("standard error", attrgetter("neutral")))
        self.mean = self.traces.add(LineLayer("mean trace", attrgetter("data"), width=2))
        self.running = PlotPanel(theme, "thermal conductance", RUPTURES, CONDUCTANCE, EMPTY_MEAN)
        self.noise = self.running.add(Band("error from noise", attrgetter("neutral")))
        self.line = self.running.add(LineLayer("running mean", attrgetter("data"), width=2))
        self.results = Results("thermal conductance")
        self._set_beside(self.results, self.traces, self.running)

    def draw(self, snapshot: ThermalConductanceSnapshot) -> None:
        """Draw the mean trace and the running mean."""
        low, high = snapshot.mean_mK - snapshot.band_mK, snapshot.mean_mK + snapshot.band_mK
        self.band.set(snapshot.time_s, low, high)
        self.mean.set(snapshot.time_s, snapshot.mean_mK)
        running, sigma = snapshot.running_pW_per_K, snapshot.running_sigma
        self.noise.set(snapshot.number, running - sigma, running + sigma)
        self.line.set(snapshot.number, running)
        self.traces.empty_text = snapshot.problem or self.waiting or self.traces.usual_text
        self.running.empty_text = snapshot.problem or self.waiting or self.running.usual_text
        self.results.tell(*_found(snapshot))
        self.running.set_count(*_counted(snapshot))
        for panel, x, y in (
            (self.traces, snapshot.time_s, (*low, *high)),
            (self.running, snapshot.number, running),
        ):
            across, up = span(x), span(y)
            if across is not None and up is not None and across[1] > across[0]:
                margin = 0.1 * (up[1] - up[0]) + 1e-3
                panel.set_home(x=across, y=(up[0] - margin, up[1] + margin))


def _found(snapshot: ThermalConductanceSnapshot) -> list[str]:
    if not isfinite(snapshot.sigma_pW_per_K):
        return []
    mean = with_error(snapshot.conductance_pW_per_K, snapshot.sigma_pW_per_K)
    rows = [
        f"<i>G</i><sub>th</sub> = {mean} pW/K",
        f"<i>G</i> = {snapshot.quantum_G0:.3g} <i>G</i><sub>0</sub>",
    ]
    if isfinite(snapshot.sigma_lorenz):
        rows.append(f"<i>L</i>/<i>L</i><sub>0</sub> = {with_error(snapshot.lorenz, snapshot.sigma_lorenz)}")
    return [BETWEEN.join(rows)]


def _counted(snapshot: ThermalConductanceSnapshot) -> list[str]:
    if not snapshot.ruptures and not snapshot.rejected:
        return []
    others = (
        (snapshot.several, "of several molecules"),
        (snapshot.heater_off, "with heater off"),
        (snapshot.rejected, "left out"),
        (snapshot.censored, "censored"),
    )
    return [counted(snapshot.ruptures, "rupture") + "".join(f", {n} {what}" for n, what in others if n)]
