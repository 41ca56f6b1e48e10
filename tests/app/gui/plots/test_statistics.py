import numpy as np
import pytest

from analysis.statistics.result import Curve, LinePicture, MapPicture, PictureAxis, StatisticResult
from app.gui.plots.cells import Cells
from app.gui.plots.picture import PicturePanel
from app.gui.plots.statistics import StatisticsPlot, result_html
from app.gui.widgets.theme import DARK, LIGHT
from app.viewmodels.statistics_view import StatisticsSnapshot
from tests.support.recordings import synthetic


@pytest.fixture
def view(qtbot, theme):
    made = StatisticsPlot(theme)
    qtbot.addWidget(made)
    made.resize(900, 500)
    made.show()
    return made


def test_each_statistic_can_be_chosen_and_shows_its_pictures_and_numbers(view):
    snapshot = synthetic.statistics()
    view.present(snapshot)

    assert view.choice.currentData() == "temporal"
    for name, result in snapshot.results.items():
        view.choice.setCurrentIndex(view.choice.findData(name))
        view.redraw()
        shown = {panel.title for panel in view.panels if panel.isVisibleTo(view)}
        assert shown == {picture.title for picture in result.pictures}
        assert not any(panel.is_empty for panel in view.panels if panel.title in shown)
        assert f"{result.n} traces" in view.text.toPlainText()


def test_without_traces_the_view_explains_itself(view):
    view.present(StatisticsSnapshot())
    assert "from ten traces on" in view.empty.hint.toPlainText()

    view.present(StatisticsSnapshot(problem="No statistics: biased."))
    assert "biased" in view.empty.hint.toPlainText()
    assert not view.choice.isVisibleTo(view)


def test_a_choice_stays_when_more_traces_come(view):
    snapshot = synthetic.statistics()
    view.present(snapshot)
    view.choice.setCurrentIndex(view.choice.findData("yield"))

    view.present(StatisticsSnapshot(dict(snapshot.results), 301))

    assert view.choice.currentData() == "yield"


@pytest.mark.parametrize("colours", [LIGHT, DARK])
def test_unknown_cells_are_transparent_and_signs_have_their_colours(colours):
    cells = Cells("correlation")
    edges = np.arange(3.0)
    cells.set(edges, edges, [[1.0, -1.0], [0.2, np.nan]], signed=True, grey_below=0.3)

    pixels = cells.pixels(colours)

    assert pixels[..., 3].tolist() == [[255, 255], [89, 0]]
    assert "#{:02x}{:02x}{:02x}".format(*pixels[0, 0, :3]) == colours.positive.lower()
    assert "#{:02x}{:02x}{:02x}".format(*pixels[0, 1, :3]) == colours.negative.lower()


def test_a_picture_is_drawn_again_with_its_new_data(qtbot, theme):
    axis = PictureAxis("n"), PictureAxis("y")
    first = LinePicture(
        "p", *axis, [Curve("a", np.arange(3.0), np.ones(3), style="points")], hatched=[(0, 1)]
    )
    panel = PicturePanel(theme, first)
    qtbot.addWidget(panel)
    panel.show_picture(first)
    panel.show_picture(LinePicture("p", *axis, [Curve("b", np.arange(4.0), np.arange(3.0), style="steps")]))

    assert [layer.name for layer in panel.layers] == ["b"]
    panel.show_picture(MapPicture("p", *axis, np.arange(3.0), np.arange(3.0), np.full((2, 2), np.nan), "z"))
    assert panel.is_empty


def test_words_of_a_result_are_escaped():
    assert "&lt;b&gt; in <i>G</i>₀" in result_html(StatisticResult("t", 1, remarks=["<b> in G0"]))
