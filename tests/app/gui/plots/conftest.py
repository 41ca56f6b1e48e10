"""A plot that is shown."""

import pytest

from app.gui.plots.panel import PlotPanel
from app.gui.widgets.theme import Theme
from tests.support.gui.plotted import NA, V


@pytest.fixture
def panel(qtbot, theme: Theme) -> PlotPanel:
    panel = PlotPanel(theme, "I-V", V, NA, "Curves appear here: press Run.", legend=True)
    qtbot.addWidget(panel)
    panel.resize(640, 480)
    panel.show()
    qtbot.waitExposed(panel)
    return panel
