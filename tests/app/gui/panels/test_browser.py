"""The recordings of a folder: rows, filter, opening, comparing."""

import shutil

import numpy as np
import pytest
from PyQt6.QtCore import QItemSelectionModel, Qt
from PyQt6.QtWidgets import QStyleOptionViewItem

from app.catalogue.database import Catalogue
from app.catalogue.entry import Entry
from app.gui.background import Tasks
from app.gui.panels.browser import COLUMNS, EMPTY_CATALOGUE, HINT, NO_MATCH, BrowserPanel, began, length
from app.replay.library import LibraryRow
from tests.support.recordings.made_recordings import made_heating, made_iv


@pytest.fixture(scope="module")
def recordings(tmp_path_factory):
    folder, rng = tmp_path_factory.mktemp("recordings"), np.random.default_rng(1)
    made_heating(folder / "night.h5", rng, holds=3, amplitudes_V=(0.9,), sample="Au-BDNC-Au", notes="tip 14")
    made_iv(folder / "curves.h5", rng, curves=4, sample="Au-BDA-Au")
    (folder / "broken.h5").write_bytes(b"no recording")
    return folder


@pytest.fixture
def folder(recordings, tmp_path):
    return shutil.copytree(recordings, tmp_path, dirs_exist_ok=True)


@pytest.fixture
def panel(theme, folder, qtbot):
    tasks = Tasks("browser")
    made = BrowserPanel(theme, tasks)
    made.resize(1200, 300)
    made.show()
    made.show_folder(folder)
    qtbot.waitUntil(lambda: len(made.model.rows) == 3)
    yield made
    tasks.close()
    made.close()


def cells(panel, row):
    model = panel.model
    return {COLUMNS[i][0]: model.data(model.index(row, i)) for i in range(model.columnCount())}


def select(panel, *files):
    selection = panel.table.selectionModel()
    selection.clearSelection()
    for number, row in enumerate(panel.model.rows):
        if row.file in files:
            selection.select(
                panel.model.index(number, 0),
                QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows,
            )


def test_an_empty_table_says_why(panel, theme, tmp_path, qtbot):
    assert panel.table.isVisible() and not panel.hint.isVisible()
    panel.filter.setText("neverseen")
    assert panel.hint.isVisible() and panel.hint.text() == NO_MATCH
    (tmp_path / "empty").mkdir()
    panel.show_folder(tmp_path / "empty")
    panel.filter.setText("")
    qtbot.waitUntil(lambda: panel.hint.text() == HINT)
    assert not panel.table.isVisible()


def test_rows_tell_what_was_measured_and_what_is_broken(panel):
    rows = {cells(panel, i)["file"]: cells(panel, i) for i in range(3)}
    night = rows["night.h5"]
    assert (night["sample"], night["procedure"], night["holds"]) == ("Au-BDNC-Au", "Heating", "3")
    assert (night["notes"], night["status"], night["length"]) == ("tip 14", "finished", "0 min 13")
    assert rows["curves.h5"]["holds"] == "4"
    assert rows["broken.h5"]["status"] == "broken"
    assert rows["broken.h5"]["result"]


@pytest.mark.parametrize(
    ("text", "files"),
    [
        ("", {"night.h5", "curves.h5", "broken.h5"}),
        ("bdnc", {"night.h5"}),
        ("tip HEATING", {"night.h5"}),
        ("xyz", set()),
    ],
)
def test_the_filter_looks_everywhere(panel, text, files):
    panel.filter.setText(text)
    assert {row.file for row in panel.model.rows} == files
    if text:
        assert panel.message_label.text() == f"{len(files)} of 3"


@pytest.mark.parametrize(
    ("files", "can_open", "can_compare"),
    [
        ((), False, False),
        (("night.h5",), True, False),
        (("night.h5", "curves.h5"), False, True),
        (("broken.h5",), False, False),
    ],
)
def test_what_can_be_done_with_a_selection(panel, files, can_open, can_compare):
    select(panel, *files)
    assert (panel.open.isEnabled(), panel.compare.isEnabled()) == (can_open, can_compare)
    assert panel.open.toolTip()
    assert panel.compare.toolTip()


def test_a_recording_is_opened(panel, folder, qtbot):
    select(panel, "night.h5")
    with qtbot.waitSignal(panel.open_asked) as asked:
        qtbot.mouseClick(panel.open, Qt.MouseButton.LeftButton)
    assert asked.args == [folder / "night.h5"]


def test_several_are_compared(panel, folder, qtbot):
    select(panel, "night.h5", "curves.h5", "broken.h5")
    with qtbot.waitSignal(panel.compare_asked) as asked:
        panel.compare.click()
    assert set(asked.args[0]) == {folder / "night.h5", folder / "curves.h5"}


def test_new_recordings_appear(panel, folder, qtbot):
    made_iv(folder / "more.h5", np.random.default_rng(2), curves=2)
    panel.refresh()
    qtbot.waitUntil(lambda: len(panel.model.rows) == 4)


def test_a_run_that_ends_takes_no_selection_away(panel, folder, qtbot):
    select(panel, "night.h5", "curves.h5")
    made_iv(folder / "more.h5", np.random.default_rng(2), curves=2)
    panel.refresh()
    qtbot.waitUntil(lambda: len(panel.model.rows) == 4)
    assert {row.file for row in panel.chosen} == {"night.h5", "curves.h5"}
    assert panel.compare.isEnabled()


def test_a_folder_that_is_not_there_is_said(panel, folder, qtbot):
    with qtbot.waitSignal(panel.failed) as failed:
        panel.show_folder(folder / "nowhere")
    assert "nowhere" in failed.args[0]


@pytest.mark.parametrize(
    ("seconds", "words"), [(None, ""), (12.0, "0 min 12"), (3599.0, "59 min 59"), (36000.0, "10 h 00")]
)
def test_lengths(seconds, words):
    assert length(LibraryRow("a.h5", duration_s=seconds)) == words


def test_a_time_that_is_none_is_shown_as_it_is():
    assert began(LibraryRow("a.h5", started="last night")) == "last night"
    assert began(LibraryRow("a.h5", started="2026-11-21T08:00:00+00:00")).startswith("2026-11-2")


def test_the_result_has_the_room_and_the_name_of_the_file_loses_its_middle(panel, qapp):
    head, viewport = panel.table.horizontalHeader(), panel.table.viewport()
    widths = {COLUMNS[i][0]: head.sectionSize(i) for i in range(len(COLUMNS))}
    assert head.length() >= viewport.width()
    assert widths["result"] == max(widths.values())
    assert widths["result"] >= panel.table.sizeHintForColumn([name for name, *_ in COLUMNS].index("result"))
    file = len(COLUMNS) - 1
    option = QStyleOptionViewItem()
    panel.table.itemDelegateForColumn(file).initStyleOption(option, panel.model.index(0, file))
    assert option.textElideMode is Qt.TextElideMode.ElideMiddle
    head.resizeSection(0, 77)
    panel.resize(900, 300)
    qapp.processEvents()
    assert head.sectionSize(0) == 77, "a width that the user has set stays"


def test_the_catalogue_is_searched_in_place_of_the_folder(panel, folder, tmp_path, qtbot, monkeypatch):
    monkeypatch.setenv("HOTJUNCTION_CATALOGUE", str(tmp_path / "catalogue.sqlite"))
    panel.everywhere.setChecked(True)
    qtbot.waitUntil(lambda: panel.hint.isVisible())
    assert panel.hint.text() == EMPTY_CATALOGUE
    other = tmp_path / "other"
    other.mkdir()
    moved = (folder / "night.h5").rename(other / "night.h5")
    entry = Entry(
        "2026-05-03T08:00:00+00:00", "heating", "heating", "finished", "BDNC", "14", "rig", "", "", 60.0
    )
    Catalogue(tmp_path / "catalogue.sqlite").put(moved, "a" * 64, entry)
    Catalogue(tmp_path / "catalogue.sqlite").put(other / "gone.h5", "b" * 64, entry)
    panel.refresh()
    qtbot.waitUntil(lambda: len(panel.model.rows) == 1)
    panel.filter.setText("bdnc tip 14")
    (row,) = panel.model.rows
    select(panel, row.file)
    with qtbot.waitSignal(panel.open_asked) as opened:
        panel.open.click()
    assert opened.args == [moved]
    panel.filter.setText("")
    panel.everywhere.setChecked(False)
    qtbot.waitUntil(lambda: len(panel.model.rows) == 2)
    assert panel.of_folder.folder == folder
