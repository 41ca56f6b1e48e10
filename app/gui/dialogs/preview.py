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

from app.console.durations import clock_time, roughly
from app.gui.widgets.screen import fit_to_screen
from app.gui.widgets.theme import LARGE, MEDIUM
from app.viewmodels.wording import UNITS, as_text, labelled_sentence, labels_of, parameter_unit

if TYPE_CHECKING:
    from app.acquisition.planned_runs import PlannedRun
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
    """

    def __init__(
        self,
        procedure: "type[RigProcedure]",
        names: Sequence[str],
        planned: "Sequence[PlannedRun]",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(f"{procedure.label}: runs of the sweep")
        parameters = procedure().parameter_objects()
        heads = [_head(parameters[name]) for name in names]
        self.table = QTableWidget(len(planned), len(heads) + 3)
        self.table.setHorizontalHeaderLabels([*heads, procedure.repeats, "takes", "ends at"])
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
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
        fit_to_screen(self, SIZE)

    def _fill(
        self, procedure: "type[RigProcedure]", names: Sequence[str], planned: "Sequence[PlannedRun]"
    ) -> None:
        ends_s, total_s, impossible = time.time(), 0.0, False
        for row, run in enumerate(planned):
            known = isfinite(run.seconds)
            total_s += run.seconds if known else 0.0
            texts = [as_text(run.values.get(name)) for name in names]
            if run.error is None:
                ends = clock_time(ends_s + total_s) if known else "not known"
                texts += [str(run.cycles), roughly(run.seconds) if known else "not known", ends]
            else:
                impossible = True
                texts += ["", "impossible", ""]
            for column, text in enumerate(texts):
                item = QTableWidgetItem(text)
                item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                item.setToolTip(
                    run.resolution
                    if run.error is None
                    else labelled_sentence(str(run.error), labels_of(procedure.name))
                )
                self.table.setItem(row, column, item)
        remark = " Some can't run on this rig: rest the pointer on one to read why." if impossible else ""
        self.whole.setText(
            f"{len(planned)} runs, about {roughly(total_s)} in all, one after another from now.{remark}"
        )


def _head(parameter: Any) -> str:
    unit = UNITS.get(parameter_unit(parameter), parameter_unit(parameter))
    return f"{parameter.name} ({unit})" if unit else str(parameter.name)
