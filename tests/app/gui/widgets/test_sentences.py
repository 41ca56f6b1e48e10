"""What is left out of several sentences where they do not fit."""

from PyQt6.QtWidgets import QPlainTextEdit, QVBoxLayout, QWidget

from app.gui.widgets.sentences import LEAST_LINES, Sentences

TEXT = "500 holds, about 3.6 h. Noise as of Lee et al. 2013, for want of a calibration. Set it."


def test_the_last_sentences_give_way_and_stay_in_the_tool_tip(qtbot):
    label = Sentences()
    qtbot.addWidget(label)
    label.resize(180, 200)
    line = label.fontMetrics().height()
    label.tell(TEXT)
    assert (label.text(), label.toolTip()) == (TEXT, "")
    label.limit(LEAST_LINES * line)
    assert (label.text(), label.toolTip()) == ("500 holds, about 3.6 h. …", TEXT)
    label.resize(2000, 200)
    label.limit(line)
    assert label.text() == TEXT
    label.tell("A single sentence " * 200)
    assert label.text() == label.whole


def test_without_a_limit_what_stands_above_gives_way_rather_than_a_line(qtbot):
    panel, label, form = QWidget(), Sentences(), QPlainTextEdit()
    qtbot.addWidget(panel)
    layout = QVBoxLayout(panel)
    layout.addWidget(form, 1)
    layout.addWidget(label)
    panel.resize(220, 220)
    panel.show()
    label.tell(TEXT + " Lower the gain, the bias or the threshold.")
    layout.activate()
    assert label.heightForWidth(label.width()) <= label.height()
    label.limit(LEAST_LINES * label.fontMetrics().height())
    assert label.minimumHeight() == LEAST_LINES * label.fontMetrics().height()


def test_an_abbreviation_ends_no_sentence(qtbot):
    label = Sentences()
    qtbot.addWidget(label)
    label.resize(330, 200)
    label.limit(LEAST_LINES * label.fontMetrics().height())
    label.tell(TEXT + " " + "More. " * 60)
    assert not label.text().endswith("al. …")
