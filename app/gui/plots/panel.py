"""Base of every plot of the window: axes with units, crosshair, menu, exports.

For speed the view sets the ranges, lines are decimated to the resolution of the screen, and pens of long lines are
one pixel wide without antialiasing.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TypeVar

import pyqtgraph as pg
from PyQt6.QtCore import QSize, pyqtSignal
from PyQt6.QtWidgets import QWidget

from app.gui.plots.axis import AxisQuantity, Grid, ReadableAxis
from app.gui.plots.captions import Caption
from app.gui.plots.crosshair import PointedPlot
from app.gui.plots.heading import Captions, Count, row_height
from app.gui.plots.layers import Frame, Layer, union
from app.gui.plots.legend import Legend, entries, legend_table
from app.gui.plots.menu import PanelMenu
from app.gui.plots.overlay import Overlay
from app.gui.plots.ranges import Range, coordinates, followed
from app.gui.plots.tools import PlotTools
from app.gui.widgets.theme import LIGHT, MEDIUM, SMALL, Palette, Theme, tabular

AXIS_WIDTH = 64
"""Width of every left axis in pixels, which keeps plots above each other aligned."""
LEAST_SIZE = QSize(68, 40)
SMALL_PLOT = 250.0
"""Height in pixels below which a plot has no legend."""
L = TypeVar("L", bound=Layer)


class PlotPanel(PointedPlot):
    """Plot of several layers.

    Parameters
    ----------
    theme : Theme
    title : str
        Short title, for file names and screen readers.
    x, y : Quantity
    empty_text : str
        Text in the empty plot: what will appear here, and how to get it.
    legend : bool
        True for a legend in rows above the axes.
    zero : bool
        True to start the vertical axis at zero.
    captions : bool
        True to name marks in a row above the axes (see `app.gui.plots.captions.Caption`).
    """

    scale_changed = pyqtSignal()
    """An axis has become logarithmic or linear."""

    def __init__(
        self,
        theme: Theme,
        title: str,
        x: AxisQuantity,
        y: AxisQuantity,
        empty_text: str = "",
        *,
        legend: bool = False,
        zero: bool = False,
        captions: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(theme, x, y, parent)
        self.title, self.empty_text = title, empty_text
        self.usual_text = empty_text
        """Default of ``empty_text``; a window of a recording sets its own."""
        self.reason = ""
        """Reason why this recording leaves the plot empty; replaces ``empty_text``."""
        self.origin: Callable[[], Mapping[str, str]] = dict
        """Returns the origin of the data: recording, sample, results."""
        self.setAccessibleName(title)
        self._legend_names: tuple[str, ...] | None = None
        self._homes: list[Range | None] = [None, None]
        self._fixed = [False, False]
        self._zero = zero
        self._zoomed = False
        self.grid_lines = Grid(self.x_axis, self.y_axis)
        self._build(legend, captions)
        self._connect()
        self.recolour()

    def _build(self, legend: bool, captions: bool) -> None:
        self.y_axis.setWidth(AXIS_WIDTH)
        self.hideButtons()
        self._row = row = row_height(tabular(self.font()))
        self._above = (1 + captions) * row
        self._leave_room(0.0)
        self.inside.disableAutoRange()
        self.inside.addItem(self.grid_lines, ignoreBounds=True)
        self.count = Count(self.plotItem, self.inside, above=row if captions else 0.0)
        self.captions = Captions(self.plotItem, self.inside)
        self.legend = Legend(self.plotItem, self.inside, self._above)
        self._has_legend = legend
        self.hint = Overlay(self.inside, (0.5, 0.5))
        self.menu = PanelMenu(self, self)
        self.tools = PlotTools(self.menu, self)

    def _connect(self) -> None:
        self.inside.sigRangeChangedManually.connect(self._was_zoomed)
        self.inside.sigResized.connect(lambda *_: self.refresh())
        self.inside.geometryChanged.connect(self._place_tools)
        self.inside.reset_asked.connect(self.reset)
        self.inside.menu_asked.connect(self.menu.popup)
        self.theme.changed.connect(self.recolour)

    def _place_tools(self) -> None:
        axes = self.inside.sceneBoundingRect()
        self.tools.place(axes, self._row, axes.top() - self._above)
        self.count.keep_free(self.tools.room)

    def minimumSizeHint(self) -> QSize:
        """Return the room for the axes and a few pixels of data."""
        return LEAST_SIZE

    def close(self) -> bool:
        """Close the widget; pyqtgraph's own method destroys it while Qt still paints it."""
        return QWidget.close(self)

    # layers

    def add(self, layer: L) -> L:
        """Add a layer and return it; it is empty until its data are set."""
        self.layers.append(layer)
        self.inside.addItem(layer.item, ignoreBounds=True)
        return layer

    def refresh(self) -> None:
        """Draw all layers, after setting the ranges to which lines are decimated."""
        self._settle_ranges()
        frame = self.frame()
        for layer in self.layers:
            layer.refresh(frame)
        empty = self.is_empty
        width = max(self.inside.width() - 64.0, 80.0)
        text = f'<div align="center">{self.reason or self.empty_text}</div>' if empty else ""
        self.hint.show_html(text, width if empty else None)
        self.grid_lines.setVisible(not empty)
        for axis in (self.x_axis, self.y_axis):
            axis.show_numbers(not empty)
        self._write_around(frame)
        if self._paper is None:
            self.follow()

    def frame(self) -> Frame:
        """Return the current colours, scales and ranges."""
        across, up = self.inside.viewRange()
        pixels = self._paper_pixels or self.devicePixelRatioF()
        return Frame(
            self._colours(),
            (self.x_axis.log, self.y_axis.log),
            (across[0], across[1]),
            max(round(self.inside.width() * pixels), 100),
            self._thickness or max(round(pixels), 1),
            (up[0], up[1]),
        )

    @property
    def is_empty(self) -> bool:
        """True if all layers are empty."""
        return all(layer.empty for layer in self.layers)

    def set_count(self, *rows: str) -> None:
        """Show the numbers of traces, holds or samples above the axes, as many of them as fit."""
        self.count.show_rows([row for row in rows if row])

    def set_legend(self, names: Sequence[str]) -> None:
        """Restrict the legend to these layers, in this order."""
        self._legend_names = tuple(names)

    # ranges

    def set_home(self, x: Range | None = None, y: Range | None = None) -> None:
        """Fix the ranges shown at first and after a reset, in the axes' units; None follows the data."""
        for i, wanted in enumerate((x, y)):
            if wanted is not None:
                self._homes[i], self._fixed[i] = wanted, True

    @property
    def home(self) -> tuple[Range | None, Range | None]:
        """Horizontal and vertical range after a reset."""
        return self._homes[0], self._homes[1]

    def reset(self) -> None:
        """Reset the ranges."""
        self._zoomed = False
        self._homes = [home if fixed else None for home, fixed in zip(self._homes, self._fixed, strict=True)]
        self.refresh()

    def set_quantity(self, axis: ReadableAxis, quantity: AxisQuantity) -> None:
        """Set the quantity of an axis, keeping its scale."""
        if quantity is not axis.quantity:
            axis.quantity = quantity
            axis.dress(self._colours(), tabular(self.font()))

    def set_log(self, axis: ReadableAxis, log: bool) -> None:
        """Make an axis logarithmic or linear."""
        axis.set_log(log)
        self.scale_changed.emit()
        self.reset()
        self.menu.follow()

    def _settle_ranges(self) -> None:
        if self._zoomed:
            return
        spans = [] if all(self._fixed) else [layer.spans() for layer in self.layers]
        for i, axis in enumerate((self.x_axis, self.y_axis)):
            if not self._fixed[i]:
                whole = union([pair[i] for pair in spans])
                self._homes[i] = followed(self._homes[i], whole, zero=self._zero and i == 1, log=axis.log)
            home = self._homes[i]
            if home is None:
                continue
            low, high = coordinates(home, log=axis.log)
            if self.inside.viewRange()[i] != [low, high]:
                self.inside.setRange(
                    **{("xRange", "yRange")[i]: (low, high)}, padding=0, disableAutoRange=True
                )

    def _was_zoomed(self, *_: object) -> None:
        self._zoomed = True
        self.refresh()

    # colours

    def recolour(self) -> None:
        """Apply the theme's colours."""
        self._dress(self.theme.palette)
        self.tools.dress(self.theme.palette)
        self.refresh()

    @contextmanager
    def on_paper(self, pixels: float, thickness: float = 1.0) -> Iterator[None]:
        """Draw the plot for export inside the context: on white and without the crosshair.

        Parameters
        ----------
        pixels : float
            Pixels of the export per pixel of the window.
        thickness : float
            Width of pens, in pixels of the export.
        """
        self._paper, self._paper_pixels, self._thickness = LIGHT, pixels, thickness
        self.inside.setBorder(None)
        self._hide_cross()
        for axis in (self.x_axis, self.y_axis):
            axis.keep_pixels(False)
        self._dress(LIGHT)
        self.refresh()
        try:
            yield
        finally:
            self._paper, self._paper_pixels, self._thickness = None, 0.0, 0.0
            for axis in (self.x_axis, self.y_axis):
                axis.keep_pixels(True)
            self.recolour()

    _paper: Palette | None = None
    _paper_pixels = _thickness = 0.0

    def _colours(self) -> Palette:
        return self._paper or self.theme.palette

    def _dress(self, colours: Palette) -> None:
        self.setBackground(colours.surface)
        font = tabular(self.font())
        for axis in (self.x_axis, self.y_axis):
            axis.dress(colours, font)
        self.grid_lines.dress(colours)
        for line in self.cross:
            line.setPen(pg.mkPen(colours.accent, width=1))
        for overlay, colour in (
            (self.count, colours.quiet),
            (self.legend, colours.text),
            (self.reading, colours.accent),
            (self.hint, colours.quiet),
        ):
            overlay.dress(colours, font, colour)

    def _write_around(self, frame: Frame) -> None:
        """Write names of marks and legend; a small plot has the legend in its tool tip."""
        captions = [layer for layer in self.layers if isinstance(layer, Caption)]
        captions.sort(key=lambda caption: not caption.leader)
        self.captions.show([layer.place(frame) for layer in captions], self.count.font())
        small = self.inside.height() + self.legend.height < SMALL_PLOT
        shown = self._has_legend and not self.is_empty
        chosen = entries(self.layers, self._legend_names, frame.colours) if shown else []
        self.legend.show_entries([] if small else chosen)
        self._leave_room(self.legend.height)
        hidden = legend_table(chosen) if small else ""
        cut = "" if self.is_empty else self.y_axis.words_cut
        tip = "<br>".join(part for part in (cut, self.count.left_out, hidden) if part)
        if tip != self.toolTip():  # Qt tells everybody of each tip, old or new
            self.setToolTip(tip)

    def _leave_room(self, legend: float) -> None:
        """Reserve room above the axes for the count, names of marks and a legend of this height in pixels."""
        top = round(self._above + legend) + SMALL
        if top != self._room:
            self._room = top
            self.plotItem.layout.setContentsMargins(0, top, MEDIUM, SMALL)

    _room = 0
