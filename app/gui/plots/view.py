"""Base of the views with plots."""

from collections.abc import Mapping
from weakref import ref

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QBoxLayout, QHBoxLayout, QVBoxLayout, QWidget

from app.gui.plots.panel import PlotPanel
from app.gui.plots.result_rows import Results
from app.gui.widgets.snapshot_widget import Snapshot, SnapshotWidget
from app.gui.widgets.theme import MEDIUM, SMALL, Theme


class View(SnapshotWidget[Snapshot]):
    """Widget with one or more plots of the snapshots of one view model.

    Parameters
    ----------
    theme : Theme
    """

    message = pyqtSignal(str)
    """Message about an action on one of the plots, for the log."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self._panels: list[PlotPanel] = []
        self.about: Mapping[str, str] = {}
        """Origin of the data, which exports contain."""
        self.waiting = ""
        """Text of empty plots during a run: what it is doing until data appear; "" without a run."""

    @property
    def panels(self) -> tuple[PlotPanel, ...]:
        """Plots of the view."""
        return tuple(self._panels or self.findChildren(PlotPanel))

    def _draw_given(self) -> None:
        super()._draw_given()
        for panel in self.panels:
            panel.refresh()

    def origin(self) -> Mapping[str, str]:
        """Return the origin of the data and the results shown above the plots, for exports."""
        results = [text for label in self.findChildren(Results) if (text := label.plain)]
        return {**self.about, "Results": "; ".join(results)} if results else self.about

    def wait_for(self, words: str) -> None:
        """Set the text of empty plots during a run."""
        if words != self.waiting:
            self.waiting = words
            if self._seen and any(panel.is_empty for panel in self.panels):
                self.redraw()

    def _tell(self, *panels: PlotPanel) -> None:
        """Take plots into the view: it refreshes them and passes their messages on."""
        this = ref(self)  # a plot must not keep its view

        def origin() -> Mapping[str, str]:
            view = this()
            return view.origin() if view is not None else {}

        for panel in panels:
            panel.message.connect(self.message)
            panel.origin = origin
            self._panels.append(panel)

    def _set_beside(self, results: Results, *panels: PlotPanel) -> None:
        """Lay panels out beside each other, with the results above, and take them into the view."""
        both = QHBoxLayout()
        self._lay_out(both, *panels)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SMALL)
        layout.addWidget(results)
        layout.addLayout(both, 1)
        self._tell(*panels)

    def _lay_out(self, layout: QBoxLayout, *panels: QWidget) -> None:
        """Add panels to a layout with the default spacing."""
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(MEDIUM)
        for panel in panels:
            layout.addWidget(panel, 1)
