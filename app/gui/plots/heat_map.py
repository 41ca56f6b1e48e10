"""Colours of counts, of which two-dimensional histograms are made."""

import pyqtgraph as pg

from app.gui.widgets.colours import even_map
from app.gui.widgets.theme import Palette


def heat_map(colours: Palette) -> pg.ColorMap:
    """Return the colour map of counts, perceptually even, starting at the background colour."""
    table = even_map(colours.heat)
    return pg.ColorMap(None, (255 * table).round().astype("uint8"), name=f"heat {colours.name}")
