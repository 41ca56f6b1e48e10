"""Plot of the junction's transmission (a model, not a measurement) with the bias window."""

from operator import attrgetter

import numpy as np
from PyQt6.QtWidgets import QVBoxLayout, QWidget

from analysis.numbers import minus
from app.gui.plots.axis import AxisQuantity
from app.gui.plots.captions import Caption
from app.gui.plots.layers import Band, LineLayer
from app.gui.plots.marks import ShadedWindow, StraightLine
from app.gui.plots.panel import PlotPanel
from app.gui.plots.result_rows import ENERGY as ENERGY_OF_LEVEL
from app.gui.plots.result_rows import Results, model_row
from app.gui.plots.view import View
from app.gui.widgets.theme import SMALL, Theme
from app.viewmodels.transmission_view import TransmissionSnapshot

ENERGY = AxisQuantity("energy from the Fermi level", "<i>E</i> − <i>E</i><sub>F</sub>", "eV")
TRANSMISSION = AxisQuantity("transmission", "<i>τ</i>", log=True)
EMPTY = (
    "The transmission appears here once a model has been fitted to I-V curves of this sample (run I-V), or opened with "
    "File, Open transmission model."
)
MOST_LEVELS = 8
DECADES_BELOW = 6.0
"""Maximum range shown below the highest point."""


class TransmissionPlot(View[TransmissionSnapshot]):
    """Transmission curve with its error band, bias window and levels."""

    title = "Theory"

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.panel = PlotPanel(theme, "transmission", ENERGY, TRANSMISSION, EMPTY, legend=True, captions=True)
        add = self.panel.add
        self.window_ = add(ShadedWindow("bias window", attrgetter("accent")))
        self.fermi = add(StraightLine("Fermi level", attrgetter("neutral"), at=0.0, upright=True))
        self.levels = [
            add(StraightLine(f"level {i + 1}", attrgetter("data_model"), at=np.nan, upright=True))
            for i in range(MOST_LEVELS)
        ]
        self.words = [
            add(Caption(f"name of level {i + 1}", attrgetter("data_model"), leader=False))
            for i in range(MOST_LEVELS)
        ]
        add(Caption("name of the Fermi level", attrgetter("neutral"), leader=False)).set(
            0.0, 1.0, "<i>E</i><sub>F</sub>"
        )
        self.band = add(Band("standard error", attrgetter("data")))
        self.line = add(LineLayer("model", attrgetter("data"), width=2))
        self.results = Results("level, couplings, conductance and thermopower")
        layout = QVBoxLayout(self)
        layout.addWidget(self.results)
        self._lay_out(layout, self.panel)
        layout.setSpacing(SMALL)
        self._tell(self.panel)

    def draw(self, snapshot: TransmissionSnapshot) -> None:
        """Draw the model."""
        energy, tau = snapshot.energy_eV, snapshot.transmission
        self.line.set(energy, tau)
        self.band.set(energy, snapshot.low, snapshot.high)
        self.window_.set(*(snapshot.window_eV if energy.size else (np.nan, np.nan)))
        levels = [*snapshot.levels_eV, *[np.nan] * MOST_LEVELS]
        self.panel.empty_text = self.waiting or self.panel.usual_text
        for rule, word, at in zip(self.levels, self.words, levels, strict=False):
            rule.set(at)
            word.set(at, 1.0, ENERGY_OF_LEVEL)
        if not energy.size:
            self.results.tell()
            self.panel.set_count()
            return
        high = 10.0 ** (
            np.ceil(2 * np.log10(max(float(max(snapshot.high.max(), tau.max())), 1e-9)) + 0.5) / 2
        )
        least = max(float(tau[tau > 0].min(initial=high)), high * 10.0**-DECADES_BELOW)
        self.panel.set_home(
            x=(float(energy[0]), float(energy[-1])), y=(10.0 ** np.floor(np.log10(least)), float(high))
        )
        window = f"bias window at {minus(f'{snapshot.bias_V:+.2f}')} V"
        self.window_.name = window
        names = [self.line.name, window] + (["standard error"] if (snapshot.high > tau).any() else [])
        self.panel.set_legend(names if np.isfinite(snapshot.bias_V) else [n for n in names if n != window])
        self.results.tell(_numbers(snapshot), why=snapshot.source)
        side = (
            "" if snapshot.side_known else "the level mirrored about <i>E</i><sub>F</sub> fits equally well"
        )
        self.panel.set_count(snapshot.source, side)


def _numbers(snapshot: TransmissionSnapshot) -> str:
    return model_row(
        snapshot.parameters,
        (snapshot.conductance_G0, snapshot.sigma_conductance_G0),
        (snapshot.seebeck_uV_per_K, snapshot.sigma_seebeck_uV_per_K),
        side_known=snapshot.side_known,
        given=snapshot.given,
    )
