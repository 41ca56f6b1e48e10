"""Parts of a report: what a page shows under one heading."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from matplotlib.figure import Figure

from app.figure_style import DARK, LIGHT, Style, data_uri, drawn_in, recoloured, svg_text
from app.report.table import Table


@dataclass(frozen=True)
class Picture:
    """A figure as text, on light and on dark pages, with its caption."""

    light: str
    dark: str
    caption: str


@dataclass(frozen=True)
class Download:
    """A file in the page itself."""

    name: str
    uri: str
    label: str


@dataclass(frozen=True)
class ReportSection:
    """Heading, then text, figures, tables and downloads; ``look`` are sentences that should catch the eye."""

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
    return Picture(data_uri(svg), data_uri(recoloured(svg, LIGHT, DARK)), caption)
