"""Important controls fit on any screen: the first size fits, and in a small window the strip charts shrink first."""

import pytest
from PyQt6.QtCore import QEvent, QPoint, QRect, QSettings, QSize
from PyQt6.QtWidgets import QApplication, QPushButton, QTabBar

from app.gui.plots.panel import PlotPanel
from app.gui.widgets.screen import fitting
from app.gui.widgets.theme import Choice, Theme
from app.gui.windows.compare_window import CompareWindow
from app.gui.windows.panel_window import SIZE
from app.gui.windows.shortcuts import COMMON_KEYS, REPLAY_KEYS, RIG_KEYS, KeysDialog
from app.gui.windows.view_tabs import PLOT_HEIGHT
from app.viewmodels.registry import STRIPS, tabs
from tests.support.gui import windows
from tests.support.gui.commissioning import asking, ended, failed, report
from tests.support.gui.fake_bench import job, state
from tests.support.recordings import compared_recordings

REFUSED = job(
    9, "fault", procedure="break-junction", values={}, refused=True, reason="the gain is too high. " * 12
)
SCREENS = [(1024, 600), (1366, 768), (1920, 1080)]


@pytest.fixture(scope="module", params=SCREENS, ids=lambda size: "x".join(map(str, size)))
def window(request, qapp, tmp_path_factory):
    """Build one window a size: to build its plots takes longer than what the tests look at."""
    settings = QSettings(str(tmp_path_factory.mktemp("screen") / "settings.ini"), QSettings.Format.IniFormat)
    theme = Theme(settings)
    theme.choose(Choice.LIGHT)
    theme.dress(qapp)
    made = windows.rig_window(
        theme, settings, windows.made_session(), 3, "heating", windows.JOBS, windows.SENTENCES
    )
    made.show()
    made.resize(*request.param)
    for number in (*range(len(tabs())), tabs().index("Heating")):
        made.area.raise_tab(number)  # a plot made in a test would lose its hidden menus with that test
        windows.settle(made, qapp)
    yield made
    made.close()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


@pytest.fixture
def alarmed(window, qapp):
    """Show an alarm for one test."""
    before = window.state
    window._told("state", state(REFUSED, held="job 9 was refused", failed=9))
    windows.settle(window, qapp)
    assert window.alarm.isVisible()
    yield window
    window._told("state", before)
    windows.settle(window, qapp)
    assert not window.alarm.isVisible()


def inside(window, widget):
    place = QRect(widget.mapTo(window, QPoint(0, 0)), widget.size())
    return widget.isVisible() and window.rect().contains(place)


def essential(window):
    queue, procedures = window.queue, window.procedures
    return {
        "retract": window.rig_line.button,
        **{name: getattr(queue, name) for name in ("pause", "abort", "remove", "up", "down")},
        "add": procedures.add_button,
        "run": procedures.run_button,
        "message": window.messages.label,
        **{readout.caption: readout for readout in window.line.readouts},
    }


LEAST_DATA = 140
"""Least height of the data of a plot in pixels, on the smallest screen; less shows no curve."""


def not_whole(window):
    return [name for name, widget in essential(window).items() if not inside(window, widget)]


def test_every_essential_button_and_number_is_whole(window):
    assert not_whole(window) == []
    assert window.rig_line.button.height() >= 50
    assert window.minimumSizeHint().height() <= 576  # with a title bar 600


@pytest.mark.parametrize("title", tabs())
def test_every_plot_is_high_enough_and_no_word_around_it_is_cut(window, qapp, title):
    before = window.area.front
    window.area.raise_tab(tabs().index(title))
    windows.settle(window, qapp)
    panels = [p for p in window.area.docks[title].widget().findChildren(PlotPanel) if p.isVisible()]
    alone = len({panel.mapTo(window, QPoint(0, 0)).y() for panel in panels}) == 1
    for panel in panels:
        assert panel.inside.height() >= (LEAST_DATA if alone else LEAST_DATA / 3), panel.title
        assert "…" not in panel.count.text, panel.count.text
        assert panel.y_axis.label.toPlainText() or panel.is_empty, panel.title
        assert "…" not in panel.y_axis.label.toPlainText()
    window.area.raise_tab(tabs().index(before))
    windows.settle(window, qapp)


@pytest.mark.parametrize("content", [report, asking, failed, ended])
def test_the_page_of_a_commissioning_has_no_scroll_bar_around_those_of_its_parts(window, qapp, content):
    window.pages.commission()
    window._told("commission", content())
    windows.settle(window, qapp, 2)
    assert not window.pages.currentWidget().verticalScrollBar().isVisible()
    assert inside(window, window.commissioning.body)
    window.commissioning.back.click()
    window.pages.forget()


def test_panels_beside_a_short_window_are_one_tab_away(window):
    around = window.tabifiedDockWidgets(window.docks["Rig"])
    bars = [bar for bar in window.findChildren(QTabBar) if bar.parent() is window and bar.isVisible()]
    names = [bar.tabText(i) for bar in bars for i in range(bar.count())]
    assert len(names) == len(set(names))  # no bar of an earlier place is left
    stacked = {dock.windowTitle() for dock in around} == {"Notes", "Log", "Recordings"}
    assert stacked == window.is_short
    for title in ("Notes", "Log", "Recordings"):
        window.docks[title].raise_()
        QApplication.processEvents()
        for button in window.docks[title].findChildren(QPushButton):
            assert inside(window, button), (title, button.text())
    for title in ("Log", "Rig"):
        window.docks[title].raise_()


def test_the_queue_shows_the_next_runs(window, qapp):
    before, runs = (
        window.state,
        [job(number, "running" if number == 2 else "waiting") for number in range(2, 9)],
    )
    window._told("state", state(*runs))
    windows.settle(window, qapp)
    table = window.queue.table
    whole = [
        row
        for row in range(1, len(runs))
        if table.viewport().rect().contains(table.visualRect(table.model().index(row, 0)))
    ]
    assert len(whole) >= (4 if window.height() >= 768 else 3)
    window._told("state", before)
    windows.settle(window, qapp)


def test_also_below_an_alarm_of_many_words(alarmed):
    assert not_whole(alarmed) == []
    assert inside(alarmed, alarmed.alarm.close_button)


def test_strips_shrink_before_the_plots(window):
    plot, strips = window.area.docks["Heating"], window.area.docks[STRIPS]
    least = strips.minimumSizeHint().height()
    assert plot.height() >= PLOT_HEIGHT - 10 or strips.height() <= least + 10


@pytest.mark.parametrize(
    ("available", "size"),
    [((1920, 1050), (1500, 940)), ((1366, 728), (1366, 704)), ((1024, 560), (1024, 536))],
)
def test_a_first_size_fits_the_screen_with_its_title_bar(available, size):
    assert fitting(SIZE, QRect(0, 0, *available), 24) == QSize(*size)


def test_windows_and_dialogs_open_within_their_screen(theme, settings, qapp):
    available = qapp.primaryScreen().availableGeometry()
    first = windows.rig_window(theme, settings, windows.made_session(), 3, "heating", (), ())
    compared = CompareWindow(theme, [], compared_recordings.made)
    for one in (first, compared):
        one.show()
        assert one.height() < available.height()
        assert one.width() <= available.width()
    for keys in (RIG_KEYS, REPLAY_KEYS):
        dialog = KeysDialog((*keys, *COMMON_KEYS), first)
        assert dialog.sizeHint().height() <= 560
        assert dialog.sizeHint().width() <= 1024
    compared.close()
    first.close()


def test_a_remembered_size_of_a_larger_screen_is_not_kept(theme, settings, qapp):
    first = windows.rig_window(theme, settings, windows.made_session(), 3, "heating", (), ())
    first.show()
    first.resize(3000, 2000)
    first.close()
    second = windows.rig_window(theme, settings, windows.made_session(), 3, "heating", (), ())
    second.show()
    available = qapp.primaryScreen().availableGeometry()
    assert second.height() < available.height()
    assert second.width() <= available.width()
    second.close()
