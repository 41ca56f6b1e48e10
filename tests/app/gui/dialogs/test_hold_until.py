"""The dialog that asks for a condition outside of the queue."""

from itertools import combinations

import pytest
from PyQt6.QtCore import QDateTime
from PyQt6.QtWidgets import QWidget

from app.gui.dialogs.hold_until import KINDS, HoldDialog
from app.server.hold_until import condition_of


@pytest.fixture
def dialog(qtbot):
    made = HoldDialog(["pressure", "cold_finger"])
    qtbot.addWidget(made)
    return made


@pytest.mark.parametrize(
    ("kind", "relation", "place", "limit", "text"),
    [
        ("input", "<", "", "1e-9", "input pressure < 1e-9"),
        ("file", "", "C:/lab/ready", "", "file C:/lab/ready"),
        ("file", ">", "C:/lab/p", "3", "file C:/lab/p > 3"),
        ("url", "<", "http://host/p", "2", "url http://host/p < 2"),
    ],
)
def test_fields_make_a_condition(dialog, kind, relation, place, limit, text):
    dialog.choose(kind)
    dialog.relation.setCurrentIndex(dialog.relation.findData(relation))
    dialog.place.setText(place)
    dialog.limit.setText(limit)
    assert dialog.text() == text
    dialog.buttons.accepted.emit()
    assert dialog.result() == dialog.DialogCode.Accepted


def test_a_time_is_an_hour_from_now_if_nothing_is_changed(dialog):
    assert condition_of(dialog.text()).kind == "time"


@pytest.mark.parametrize(
    ("kind", "place", "said"),
    [
        ("file", "", "path of the file"),
        ("url", "host", "http://"),
        ("input", "", "Give the limit, a number."),
    ],
)
def test_what_is_missing_is_said_and_the_dialog_stays(dialog, kind, place, said):
    dialog.choose(kind)
    dialog.place.setText(place)
    dialog.buttons.accepted.emit()
    assert said in dialog.problem.text()
    assert dialog.result() == 0


def test_a_rig_without_further_inputs_offers_none(qtbot):
    dialog = HoldDialog([])
    qtbot.addWidget(dialog)
    assert [dialog.kind.itemData(row) for row in range(dialog.kind.count())] == [
        k for k in KINDS if k != "input"
    ]


def test_a_limit_that_is_no_number_and_a_time_that_is_over_are_refused(dialog):
    dialog.choose("input")
    dialog.limit.setText("1e-9 mbar")
    dialog.buttons.accepted.emit()
    assert dialog.problem.text() == "The limit is a number, not “1e-9 mbar”."
    dialog.choose("time")
    dialog.when.setDateTime(QDateTime.currentDateTime().addSecs(-60))
    dialog.buttons.accepted.emit()
    assert "is over" in dialog.problem.text()
    assert dialog.result() == 0


def test_the_dialog_is_as_large_as_its_fields(dialog, qapp):
    dialog.show()
    heights = {}
    for kind in (*KINDS, *reversed(KINDS)):
        dialog.choose(kind)
        qapp.processEvents()
        bottom = dialog.buttons.mapTo(dialog, dialog.buttons.rect().bottomLeft()).y()
        assert dialog.height() - bottom < 30, kind
        heights.setdefault(kind, dialog.height())
        assert heights[kind] == dialog.height(), kind
        seen = [w for w in dialog.findChildren(QWidget) if w.parent() is dialog and w.isVisible()]
        assert all(dialog.rect().contains(w.geometry()) for w in seen), kind
        assert not any(a.geometry().intersects(b.geometry()) for a, b in combinations(seen, 2)), kind
    assert heights["time"] < heights["input"]


def test_a_file_exists_and_an_address_answers(dialog):
    for kind, word in (("file", "exists"), ("url", "answers"), ("input", "is below")):
        dialog.choose(kind)
        assert dialog.relation.itemText(0) == word
