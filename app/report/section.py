"""Sections of a report."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from matplotlib.figure import Figure

from app.figure_style import DARK, LIGHT, Style, data_uri, drawn_in, recoloured, svg_text
from app.report.table import Table


@dataclass(frozen=True)
class Picture:
    """Figure as text, for light and dark pages, with its caption, and the function that draws it."""

    light: str
    dark: str
    caption: str
    draw: Callable[[Style], Figure]


@dataclass(frozen=True)
class Download:
    """File embedded in the page."""

    name: str
    uri: str
    label: str


@dataclass(frozen=True)
class ReportSection:
    """Heading, then text, figures, tables and downloads; ``look`` are highlighted sentences."""

    heading: str
    text: Sequence[str] = ()
    look: Sequence[str] = ()
    figures: Sequence[Picture] = ()
    tables: Sequence[Table] = ()
    downloads: Sequence[Download] = ()


def embedded_figure(draw: Callable[[Style], Figure], caption: str) -> Picture:
    """Draw a figure once, in the style of light pages, and recolour it for dark ones."""
    with drawn_in(LIGHT):
        svg = svg_text(draw(LIGHT))
    return Picture(data_uri(svg), data_uri(recoloured(svg, LIGHT, DARK)), caption, draw)
