"""The look for cut texts finds them."""

import pytest
from PyQt6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from tests.support.gui.cut_texts import cut_texts

TEXT = "a text of some length"


def combo():
    made = QComboBox()
    made.addItem(TEXT)
    return made


def table():
    made = QTableWidget(1, 1)
    made.setItem(0, 0, QTableWidgetItem(TEXT))
    made.setHorizontalHeaderLabels(["short"])
    made.horizontalHeader().setStretchLastSection(True)
    return made


def wrapped():
    made = QLabel(TEXT)
    made.setWordWrap(True)
    made.setFixedHeight(made.fontMetrics().height())
    return made


KINDS = {
    "label": lambda: QLabel(TEXT),
    "wrapped": wrapped,
    "button": lambda: QPushButton(TEXT),
    "list": combo,
    "field": lambda: QLineEdit(TEXT),
    "table": table,
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_text_without_room_is_found_and_one_with_room_is_not(kind, qtbot):
    root = QWidget()
    qtbot.addWidget(root)
    widget = KINDS[kind]()
    layout = QHBoxLayout(root)
    layout.addWidget(widget)
    root.show()
    for width, cut in ((400, []), (60, [TEXT])):
        widget.setFixedWidth(width)
        layout.activate()
        assert cut_texts(widget) == cut
