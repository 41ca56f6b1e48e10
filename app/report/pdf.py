"""The report as PDF: pages of A4 with the same sections as the HTML page.

Text and tables are set by Qt, which this program has; figures are drawn again at the resolution of print.
"""

import html
import sys
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

from matplotlib.backends.backend_agg import FigureCanvasAgg
from PyQt6.QtCore import QMarginsF, QSizeF, QUrl
from PyQt6.QtGui import QGuiApplication, QImage, QPageLayout, QPageSize, QPdfWriter, QTextDocument

from analysis.shared_files import remove_file, replace_file
from app.figure_style import LIGHT, drawn_in
from app.offline.measurement import Measurement
from app.report.page import heading_of, subtitle_of, typeset
from app.report.parts import report_parts
from app.report.section import Picture, ReportSection
from app.report.setting_rows import settings_of
from app.report.table import Table

DPI = 300
_PICTURE_pt = 470  # width on the page, of 482 between the margins

_STYLE = """
body { font-family: sans-serif; font-size: 9pt; color: #1f2328; }
h1 { font-size: 17pt; } h2 { font-size: 12pt; color: #0b5fa5; }
td, th { padding: 1px 8px 1px 0; font-size: 8pt; } th { color: #6b7480; font-weight: normal; }
.quiet { color: #6b7480; font-size: 8pt; } .look { color: #b5410b; }
"""


def write_pdf(measurement: Measurement, out: Path) -> None:
    """Write the report as PDF; a failed attempt leaves no file ``out``. Raises ``OSError``."""
    application = QGuiApplication.instance() or QGuiApplication([sys.argv[0], "-platform", "offscreen"])
    document = QTextDocument()
    document.setDefaultStyleSheet(_STYLE)
    document.setHtml(_text(measurement, document))
    part = out.with_name(out.name + ".part")
    try:
        part.touch()  # Qt would not say why it can't
        writer = QPdfWriter(str(part))
        page, upright = QPageSize(QPageSize.PageSizeId.A4), QPageLayout.Orientation.Portrait
        writer.setPageLayout(
            QPageLayout(page, upright, QMarginsF())
        )  # the document has its own margins, of 2 cm
        writer.setTitle(heading_of(measurement))
        writer.setCreator("hotjunction")
        document.print(writer)
        del writer
        if not part.stat().st_size:
            raise OSError(0, "the disk is full")
        replace_file(part, out)
    finally:
        remove_file(part)
    del application


def _text(measurement: Measurement, document: QTextDocument) -> str:
    parts = list(report_parts())
    warnings = [*(x for part in parts for x in part.warnings(measurement)), *measurement.warnings]
    numbers = [x for part in parts for x in part.numbers(measurement)]
    pieces = [
        f"<h1>{html.escape(heading_of(measurement))}</h1><p class='quiet'>{html.escape(subtitle_of(measurement))}</p>",
        _rows(numbers),
        *(f"<p class='look'>{typeset(sentence)}</p>" for sentence in warnings),
    ]
    for section in (x for part in parts for x in part.sections(measurement)):
        pieces += _section(section, document)
    pieces.append("<h2>How it was measured</h2>")
    for each in measurement.parts:
        pieces.append(f"<p><b>{html.escape(each.path.name)}</b> {each.sha256}</p>")
        pieces += [
            f"<p class='quiet'>{heading}</p>{_rows(rows)}" for heading, rows in settings_of(each.header)
        ]
    return f"<body>{''.join(pieces)}</body>"


def _section(section: ReportSection, document: QTextDocument) -> list[str]:
    pieces = [f"<h2>{html.escape(section.heading)}</h2>"]
    pieces += [f"<p class='look'>{typeset(sentence)}</p>" for sentence in section.look]
    for picture in section.figures:
        pieces.append(_picture(picture, document))
    pieces += [f"<p>{typeset(sentence)}</p>" for sentence in section.text]
    return [*pieces, *map(_table, section.tables)]


def _picture(picture: Picture, document: QTextDocument) -> str:
    """Draw a figure and give it to the document under a name of its own."""
    with drawn_in(LIGHT):
        figure = picture.draw(LIGHT)
        canvas, buffer = FigureCanvasAgg(figure), BytesIO()
        canvas.figure.savefig(buffer, format="png", dpi=DPI)
    image = QImage.fromData(buffer.getvalue())
    name = f"figure:{id(picture)}"
    document.addResource(QTextDocument.ResourceType.ImageResource.value, QUrl(name), image)
    size = QSizeF(image.width(), image.height())
    height = _PICTURE_pt * size.height() / size.width()
    caption = f"<p class='quiet'>{typeset(picture.caption)}</p>"
    return f"<p><img src='{name}' width='{_PICTURE_pt}' height='{height:.0f}'></p>{caption}"


def _table(table: Table) -> str:
    if not table.rows:
        return ""
    head = "".join(f"<th align='{_side(table, i)}'>{typeset(x)}</th>" for i, x in enumerate(table.headings))
    body = "".join(
        f"<tr>{''.join(f'<td align={_side(table, i)!r}>{typeset(x)}</td>' for i, x in enumerate(row))}</tr>"
        for row in table.rows
    )
    note = f"<p class='quiet'>{typeset(table.note)}</p>" if table.note else ""
    return f"<table><tr>{head}</tr>{body}</table>{note}"


def _side(table: Table, column: int) -> str:
    return "left" if column in table.words else "right"


def _rows(rows: Sequence[tuple[str, str]]) -> str:
    cells = (f"<tr><th align='left'>{typeset(n)}</th><td>{typeset(v)}</td></tr>" for n, v in rows)
    return f"<table>{''.join(cells)}</table>"
