"""Statistics over traces and held junctions: one of them at a time, its pictures, numbers and remarks."""

import re
from collections.abc import Sequence
from html import escape

from PyQt6.QtWidgets import QComboBox, QHBoxLayout, QSizePolicy, QTextBrowser, QVBoxLayout, QWidget

from analysis.numbers import counted, significant
from analysis.statistics.estimate import Estimate
from analysis.statistics.result import Cell, StatisticResult
from app.gui.plots.axis import AxisQuantity
from app.gui.plots.panel import PlotPanel
from app.gui.plots.picture import PicturePanel
from app.gui.plots.view import View
from app.gui.widgets.theme import MEDIUM, Theme
from app.viewmodels.statistics_view import StatisticsSnapshot

EMPTY = (
    "Statistics over the traces appear here from ten traces on, those of held junctions from five checks on. Run Break "
    "junction or I-V, or open a recording of it."
)
FIRST = "temporal"
"""Statistic that is shown first: the picture that an analyst looks at first."""


class StatisticsPlot(View[StatisticsSnapshot]):
    """One statistic at a time: pictures on the left, numbers on the right."""

    title = "Statistics"

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.choice = QComboBox()
        self.choice.setAccessibleName("statistic")
        self.choice.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.text = QTextBrowser()
        self.text.setAccessibleName("numbers of the statistic")
        self.text.setOpenLinks(False)
        self.empty = PlotPanel(
            theme, "statistics", AxisQuantity("trace", "trace"), AxisQuantity("value", ""), EMPTY
        )
        self._pictures: dict[str, PicturePanel] = {}
        self._left = QVBoxLayout()
        self._left.setSpacing(MEDIUM)
        self._left.addWidget(self.empty, 1)
        right = QVBoxLayout()
        right.addWidget(self.choice)
        right.addWidget(self.text, 1)
        whole = QHBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(MEDIUM)
        whole.addLayout(self._left, 3)
        whole.addLayout(right, 2)
        self._tell(self.empty)
        self.choice.setVisible(False)
        self.text.setVisible(False)
        self.choice.activated.connect(self.redraw)

    def draw(self, snapshot: StatisticsSnapshot) -> None:
        """Draw the chosen statistic."""
        self._offer(snapshot)
        result = snapshot.results.get(self.choice.currentData() or "")
        self.empty.empty_text = snapshot.problem or self.waiting or self.empty.usual_text
        for widget in (self.choice, self.text):
            widget.setVisible(result is not None)
        shown = {picture.title for picture in result.pictures} if result else set()
        self.empty.setVisible(not shown)
        if result is not None and not shown:
            self.empty.empty_text = escape(" ".join(result.remarks))
        for title, panel in self._pictures.items():
            panel.setVisible(title in shown)
        for picture in result.pictures if result else ():
            if picture.title not in self._pictures:
                panel = self._pictures[picture.title] = PicturePanel(self.theme, picture)
                self._left.addWidget(panel, 1)
                panel.setVisible(True)
                self._tell(panel)
            self._pictures[picture.title].show_picture(picture)
        if result is not None:
            self.text.setHtml(result_html(result))

    def _offer(self, snapshot: StatisticsSnapshot) -> None:
        names = [self.choice.itemData(i) for i in range(self.choice.count())]
        if names == list(snapshot.results):
            return
        chosen = self.choice.currentData() or FIRST
        self.choice.clear()
        for name, result in snapshot.results.items():
            self.choice.addItem(result.title, name)
        self.choice.setCurrentIndex(max(self.choice.findData(chosen), 0))


def result_html(result: StatisticResult) -> str:
    """Return numbers, tables and remarks as rich text."""
    parts = [f"<p>{counted(result.n, result.counts)}</p>"]
    parts += [f"<p>{_typeset(remark)}</p>" for remark in result.remarks]
    if result.numbers:
        rows = [
            (
                f"{number.name} ({number.unit})" if number.unit else number.name,
                number.estimate.text(number.scale),
                number.estimate.interval_text(number.scale),
                significant(number.estimate.n_eff, 3),
            )
            for number in result.numbers
        ]
        parts.append(_table(("", "value", "95 % interval", "n_eff"), rows))
        doubts = dict.fromkeys(doubt for number in result.numbers for doubt in number.estimate.doubts)
        parts += [f"<p>{_typeset(doubt[:1].upper() + doubt[1:])}.</p>" for doubt in doubts]
    for table in result.tables:
        parts.append(f"<p>{_typeset(table.caption[:1].upper() + table.caption[1:])}:</p>")
        parts.append(_table(table.headings, [[_text(cell) for cell in row] for row in table.rows]))
    return "".join(parts)


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    head = "".join(f"<th align='left'>{_typeset(heading)}&nbsp;&nbsp;</th>" for heading in headings)
    body = "".join(
        "<tr>" + "".join(f"<td>{_typeset(cell)}&nbsp;&nbsp;</td>" for cell in row) + "</tr>" for row in rows
    )
    return f"<table cellspacing='2'><tr>{head}</tr>{body}</table>"


def _text(cell: Cell) -> str:
    if isinstance(cell, Estimate):
        return f"{significant(cell.value, 3)} ({cell.interval_text()})"
    return significant(cell, 3) if isinstance(cell, float) else str(cell)


def _typeset(text: str) -> str:
    signs = re.sub(r"\bG0\b", "<i>G</i>₀", escape(text))
    return re.sub(r"\bn_eff\b", "<i>n</i><sub>eff</sub>", signs)
