"""Views that are made when somebody looks."""

from PyQt6.QtWidgets import QTabBar

from app.gui.windows.view_tabs import ViewTabs
from app.viewmodels.registry import HISTOGRAM, NOISE, STRIPS, TRACE, tabs
from app.viewmodels.session import Session
from tests.support.recordings.made_recordings import header
from tests.support.recordings.synthetic import histogram


def test_a_view_is_made_when_its_tab_is_shown_and_has_its_data(theme, qtbot):
    area = ViewTabs(theme)
    qtbot.addWidget(area)
    area.resize(900, 700)
    assert not area.views.made  # so that the window is there first
    area.show()
    qtbot.waitUntil(lambda: set(area.views.made) == {TRACE, STRIPS})
    session = Session(header("break-junction"))
    session.histogram._shown = histogram()
    area.paint(session)
    assert set(area.views.made) == {TRACE, STRIPS}
    named = []
    area.views.prepare(lambda title, view: named.append(title))

    (bar,) = [bar for bar in area.findChildren(QTabBar) if bar.count() == len(tabs())]
    bar.setCurrentIndex(tabs().index(HISTOGRAM))  # as a click does
    qtbot.waitUntil(lambda: HISTOGRAM in area.views.made)
    area.paint(session)

    assert area.front == HISTOGRAM
    assert area.views[HISTOGRAM]._drawn is session.histogram.snapshot()
    assert not area.views[HISTOGRAM].panel.is_empty
    assert sorted(named) == sorted([TRACE, STRIPS, HISTOGRAM])
    area.raise_tab(tabs().index(NOISE))
    assert NOISE in area.views.made
    assert list(area.views) == [*tabs(), STRIPS]
