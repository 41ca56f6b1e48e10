"""Transmission of the junction: a model, not a measurement, with the window that the bias opens."""

from operator import attrgetter

import numpy as np
from PyQt6.QtWidgets import QVBoxLayout, QWidget

from app.gui.plots.axis import Quantity
from app.gui.plots.layers import Band, Line
from app.gui.plots.marks import Rule, Window
from app.gui.plots.numbers import minus, significant
from app.gui.plots.panel import PlotPanel
from app.gui.plots.view import View
from app.gui.theme import Theme
from app.views.transmission_view import TransmissionSnapshot

ENERGY = Quantity("energy from the Fermi level", "<i>E</i> − <i>E</i><sub>F</sub>", "eV")
TRANSMISSION = Quantity("transmission", "<i>τ</i>", log=True)
EMPTY = (
    "The transmission appears here once a model was fitted to I-V curves of this sample, or was opened: "
    "File, Transmission model."
)
MOST_LEVELS = 8
DECADES_BELOW = 6.0
"""Nothing so far below the highest point is shown."""


class TransmissionView(View[TransmissionSnapshot]):
    """One curve with its band, the bias window shaded, levels marked."""

    title = "Theory"

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.panel = PlotPanel(theme, "transmission", ENERGY, TRANSMISSION, EMPTY, legend="above")
        add = self.panel.add
        self.window_ = add(Window("bias window", attrgetter("accent")))
        self.fermi = add(Rule("Fermi level", attrgetter("neutral"), at=0.0, upright=True))
        self.levels = [
            add(Rule(f"level {i + 1}", attrgetter("warning"), at=float("nan"), upright=True, word="level"))
            for i in range(MOST_LEVELS)
        ]
        self.band = add(Band("standard error", attrgetter("data")))
        self.line = add(Line("model", attrgetter("data"), width=2))
        self._lay_out(QVBoxLayout(self), self.panel)
        self._tell(self.panel)

    def draw(self, snapshot: TransmissionSnapshot) -> None:
        """Put the model there."""
        energy, tau = snapshot.energy_eV, snapshot.transmission
        self.line.set(energy, tau)
        self.band.set(energy, snapshot.low, snapshot.high)
        self.window_.set(*(snapshot.window_eV if energy.size else (np.nan, np.nan)))
        levels = [*snapshot.levels_eV, *[np.nan] * MOST_LEVELS]
        for rule, at in zip(self.levels, levels, strict=False):
            rule.set(at)
        if not energy.size:
            self.panel.set_count()
            return
        high = 10.0 ** (np.ceil(2 * np.log10(max(float(snapshot.high.max()), 1e-9)) + 0.5) / 2)
        least = max(float(tau[tau > 0].min(initial=high)), high * 10.0**-DECADES_BELOW)
        self.panel.set_home(
            x=(float(energy[0]), float(energy[-1])), y=(10.0 ** np.floor(np.log10(least)), float(high))
        )
        window = f"bias window at {minus(f'{snapshot.bias_V:+.2f}')} V"
        self.window_.name = window
        names = [self.line.name, window] + (["standard error"] if (snapshot.high > tau).any() else [])
        self.panel.set_legend(names if np.isfinite(snapshot.bias_V) else [n for n in names if n != window])
        self.panel.set_count(*_numbers(snapshot))


def _numbers(snapshot: TransmissionSnapshot) -> list[str]:
    rows = [
        f"<i>G</i> = {significant(snapshot.conductance_G0)} <i>G</i><sub>0</sub>, "
        f"<i>S</i> = {significant(snapshot.seebeck_uV_per_K)} µV/K",
        snapshot.source,
    ]
    if not snapshot.side_known:
        rows.append("nothing tells on which side of <i>E</i><sub>F</sub> the level lies")
    return rows
