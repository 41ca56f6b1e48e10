"""Legend of a plot, in rows above its axes, where it covers no data."""

from collections.abc import Sequence

import pyqtgraph as pg
from PyQt6.QtGui import QColor, QFont, QTextDocument

from app.gui.plots.heading import Words
from app.gui.plots.layers import Layer
from app.gui.widgets.theme import SMALL, Palette

APART = "&nbsp;&nbsp;&nbsp; "


class Legend(Words):
    """Legend entries from left to right, in as many rows as needed; a row each if most take half of one or more.

    Parameters
    ----------
    plot : pyqtgraph.PlotItem
    view : pyqtgraph.ViewBox
        Area inside the axes.
    above : float
        Distance from the axes, in pixels.
    """

    def __init__(self, plot: pg.PlotItem, view: pg.ViewBox, above: float) -> None:
        super().__init__(plot)
        self._view, self._above = view, above
        self._shown: tuple[Sequence[tuple[str, str]], float] | None = None
        view.geometryChanged.connect(self._settle)

    def dress(self, _: Palette, font: QFont, colour: str) -> None:
        """Apply the theme's colours."""
        self.setDefaultTextColor(QColor(colour))
        self.setFont(font)
        self._shown = None

    def show_entries(self, entries: Sequence[tuple[str, str]]) -> None:
        """Show entries of glyph and name, rich text; no entry hides the legend."""
        room = self._view.geometry().width()
        if (entries, room) == self._shown:
            return
        self._shown = entries, room
        texts, rows = [f"{glyph}&nbsp;{name}" for glyph, name in entries], list[str]()
        ragged = 2 * sum(2.0 * self._width(text) > room for text in texts) >= len(texts)
        for entry in texts:
            longer = f"{rows[-1]}{APART}{entry}" if rows else entry
            if rows and not ragged and self._width(longer) <= room:
                rows[-1] = longer
            else:
                rows.append(entry)
        self.show_html("<br>".join(rows))
        self._settle()

    @property
    def height(self) -> float:
        """Height above the axes, in pixels."""
        return self.boundingRect().height() + SMALL if self.html else 0.0

    def _width(self, html: str) -> float:
        document = QTextDocument()
        document.setDocumentMargin(0.0)
        document.setDefaultFont(self.font())
        document.setHtml(html)
        return document.idealWidth()

    def _settle(self) -> None:
        room = self._view.geometry()
        self.setPos(room.left(), room.top() - self._above - self.height)


def entries(layers: Sequence[Layer], names: Sequence[str] | None, colours: Palette) -> list[tuple[str, str]]:
    """Return glyph and name, rich text, of the named layers, or of all layers that are not empty and have a glyph."""
    named = {layer.name: layer for layer in layers if layer.key}
    if names is None:
        chosen = [layer for layer in named.values() if not layer.empty]
    else:
        chosen = [named[name] for name in names if name in named]
    return [
        (f'<span style="color:{layer.colour(colours)}">{layer.key}</span>', layer.legend_name or layer.name)
        for layer in chosen
    ]


def legend_table(entries: Sequence[tuple[str, str]]) -> str:
    """Return the entries as a column, rich text."""
    rows = [f'<tr><td align="center">{glyph}</td><td>&nbsp;{name}</td></tr>' for glyph, name in entries]
    return f'<table cellspacing="0">{"".join(rows)}</table>' if rows else ""
