"""Views of one run after another: results stay until the next run has its own."""

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QTabBar, QToolButton

from app.gui.windows.view_tabs import ViewTabs
from app.viewmodels.registry import HISTOGRAM, TRACE
from app.viewmodels.session import Session
from tests.support.recordings.made_recordings import header
from tests.support.recordings.synthetic import histogram


def _run(theme) -> Session:
    return Session(header("break-junction"))


def test_the_results_of_a_run_stay_until_the_next_has_its_own(theme, qtbot):
    area = ViewTabs(theme)
    qtbot.addWidget(area)
    area.show()
    area.raise_tab(1)
    before, after = _run(theme), _run(theme)
    before.histogram._shown = histogram()
    area.paint(before)

    area.keep_results()
    area.paint(after)

    view, dock = area.views[HISTOGRAM], area.docks[HISTOGRAM]
    assert view._given is before.histogram.snapshot()
    assert dock.windowTitle() == "Histogram (last run)"
    assert area.docks[TRACE].windowTitle() == TRACE

    after.histogram._shown = histogram()
    area.paint(after)
    assert view._given is after.histogram.snapshot() and dock.windowTitle() == HISTOGRAM

    area.keep_results()
    area.paint(_run(theme))
    assert view._given is after.histogram.snapshot()


def test_without_a_run_before_there_is_nothing_to_keep(theme, qtbot):
    area = ViewTabs(theme)
    qtbot.addWidget(area)
    area.keep_results()
    area.paint(_run(theme))

    assert area.docks[HISTOGRAM].windowTitle() == HISTOGRAM


def test_the_arrows_of_a_full_tab_bar_leave_the_space_key_to_the_run(theme, qtbot):
    area = ViewTabs(theme)
    qtbot.addWidget(area)
    area.resize(500, 600)
    area.show()
    arrows = [button for bar in area.findChildren(QTabBar) for button in bar.findChildren(QToolButton)]
    assert any(arrow.isVisible() for arrow in arrows)
    assert {arrow.focusPolicy() for arrow in arrows} == {Qt.FocusPolicy.NoFocus}
