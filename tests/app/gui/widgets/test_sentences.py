"""What is left out of several sentences where they do not fit."""

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


def test_an_abbreviation_ends_no_sentence(qtbot):
    label = Sentences()
    qtbot.addWidget(label)
    label.resize(330, 200)
    label.limit(LEAST_LINES * label.fontMetrics().height())
    label.tell(TEXT + " " + "More. " * 60)
    assert not label.text().endswith("al. …")
