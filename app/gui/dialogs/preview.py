"""Runs of a sweep before they are queued: what each does, how long it takes, when it ends."""

import time
from collections.abc import Sequence
from math import isfinite
from typing import TYPE_CHECKING, Any

from PyQt6.QtCore import QSize, Qt
from PyQt6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QLabel,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from analysis.numbers import of_many
from app.console.durations import clock_time, roughly
from app.gui.widgets.screen import fit_to_screen
from app.gui.widgets.theme import LARGE, MEDIUM
from app.viewmodels.wording import UNITS, as_read, labelled_sentence, labels_of, parameter_unit, with_units

if TYPE_CHECKING:
    from app.acquisition.planned_runs import PlannedRun
    from app.config.rig import Rig
    from procedures.procedure import RigProcedure

SIZE = QSize(620, 420)


class PreviewDialog(QDialog):
    """Table of planned runs.

    Parameters
    ----------
    procedure : type of RigProcedure
    names : sequence of str
        Swept parameters, a column each.
    planned : sequence of PlannedRun
    rig : Rig or None
        On a fast clock no run ends at a time of day.
    """

    def __init__(
        self,
        procedure: "type[RigProcedure]",
        names: Sequence[str],
        planned: "Sequence[PlannedRun]",
        rig: "Rig | None" = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._clock = rig.clock if rig is not None else ""
        self.setWindowTitle(f"{procedure.label}: runs of the sweep")
        parameters = procedure().parameter_objects()
        heads = [_head(parameters[name]) for name in names]
        heads += [procedure.repeats.capitalize(), "Takes", *([] if self._clock else ["Ends at"])]
        self.table = QTableWidget(len(planned), len(heads))
        self.table.setHorizontalHeaderLabels(heads)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setTabKeyNavigation(False)
        self.table.setAccessibleName("Runs of the sweep")
        columns = self.table.horizontalHeader()
        assert columns is not None
        columns.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.whole = QLabel()
        self.whole.setWordWrap(True)
        self._fill(procedure, names, planned)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(LARGE, LARGE, LARGE, LARGE)
        layout.setSpacing(MEDIUM)
        layout.addWidget(self.table, 1)
        layout.addWidget(self.whole)
        layout.addWidget(buttons)
        spare = self.table.sizeHint().height() - self._height_of_rows()
        fit_to_screen(self, SIZE.boundedTo(QSize(SIZE.width(), self.sizeHint().height() - spare)))

    def _height_of_rows(self) -> int:
        rows, columns = self.table.verticalHeader(), self.table.horizontalHeader()
        assert rows is not None and columns is not None
        rows.setDefaultSectionSize(self.fontMetrics().height() + MEDIUM)
        return rows.length() + columns.sizeHint().height() + 2 * self.table.frameWidth() + MEDIUM

    def _fill(
        self, procedure: "type[RigProcedure]", names: Sequence[str], planned: "Sequence[PlannedRun]"
    ) -> None:
        began_s, total_s, why = time.time(), 0.0, ""
        for row, run in enumerate(planned):
            known = isfinite(run.seconds)
            total_s += run.seconds if known else 0.0
            texts, tip = [as_read(run.values.get(name)) for name in names], run.resolution
            if run.error is None:
                ends = clock_time(began_s + total_s) if known else "not known"
                texts += [str(run.cycles), roughly(run.seconds) if known else "not known", ends]
            else:
                texts += ["", "impossible", ""]
                tip = with_units(labelled_sentence(str(run.error), labels_of(procedure.name)))
                why = why or f" Run {row + 1} can't run on this rig: {tip}"
            for column, text in enumerate(texts[: self.table.columnCount()]):
                item = QTableWidgetItem(text)
                item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                item.setToolTip(tip)
                self.table.setItem(row, column, item)
        order = f"{self._clock} in all, one after another{'' if self._clock else ' from now'}"
        takes = f", about {roughly(total_s)}{order}" if total_s else ""
        self.whole.setText(f"{of_many(len(planned), 'runs')}{takes}.{why}")


def _head(parameter: Any) -> str:
    unit = UNITS.get(parameter_unit(parameter), parameter_unit(parameter))
    return f"{parameter.name} ({unit})" if unit else str(parameter.name)
