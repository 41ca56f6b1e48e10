"""Results of a run in sentences, each once."""

import logging
from types import SimpleNamespace

import pytest

from analysis.records import NOTE, Event, EventKind
from app.gui.run_logger import RunLogger, Sentence
from app.viewmodels.heating_view import HeatingSnapshot, JudgedHold
from app.viewmodels.histogram_snapshot import HistogramSnapshot
from app.viewmodels.iv_view import IVSnapshot


def judged(*holds):
    """Holds of which the rejected ones are named "x", 10 000 samples each."""
    said = [
        JudgedHold(f"hold {n} {'rejected' if one == 'x' else 'kept'}", one == "x", 10_000 * n)
        for n, one in enumerate(holds, start=1)
    ]
    return HeatingSnapshot(judged=tuple(said))


class Seen:
    """A session that shows what it is told to."""

    def __init__(self) -> None:
        self.shown = {"heating": HeatingSnapshot(), "iv": IVSnapshot(), "histogram": HistogramSnapshot()}
        self.notes = []

    def __getattr__(self, name):
        return SimpleNamespace(snapshot=lambda: self.shown[name])


@pytest.fixture
def seen():
    return Seen()


@pytest.fixture
def narrator(seen):
    return RunLogger(seen)


INFO, WARNING = logging.INFO, logging.WARNING
CASES = [
    ("a hold", {"heating": judged("k")}, [Sentence(INFO, "hold 1 kept", 10_000)]),
    ("a rejected hold", {"heating": judged("x")}, [Sentence(WARNING, "hold 1 rejected", 10_000)]),
    (
        "many at once, each at its own time",
        {"heating": judged("k", "x", "k")},
        [
            Sentence(INFO, "hold 1 kept", 10_000),
            Sentence(WARNING, "hold 2 rejected", 20_000),
            Sentence(INFO, "hold 3 kept", 30_000),
        ],
    ),
    (
        "curves",
        {"iv": IVSnapshot(curves=12, junctions=10, dropped={"railed": 2}, until=7)},
        [Sentence(INFO, "I-V: 12 curves of 10 junctions; 2 left out", 7)],
    ),
    (
        "one curve",
        {"iv": IVSnapshot(curves=1, junctions=1, until=7)},
        [Sentence(INFO, "I-V: 1 curve of 1 junction", 7)],
    ),
    ("few traces", {"histogram": HistogramSnapshot(kept=90, rejected=9)}, []),
    (
        "a hundred traces",
        {"histogram": HistogramSnapshot(kept=90, rejected=12, until=9)},
        [Sentence(INFO, "102 traces, 90 kept", 9)],
    ),
]


@pytest.mark.parametrize(("shown", "told"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_what_is_new_is_told_once(seen, narrator, shown, told):
    assert list(narrator.news()) == []
    seen.shown.update(shown)
    assert list(narrator.news()) == told
    assert list(narrator.news()) == []


def test_holds_that_are_judged_anew_are_not_told_again(seen, narrator):
    seen.shown["heating"] = judged(*"k" * 20)
    assert len(list(narrator.news())) == 20
    seen.shown["heating"] = judged(*"k" * 5)
    assert list(narrator.news()) == []
    seen.shown["heating"] = judged(*"k" * 20)
    assert list(narrator.news()) == []
    seen.shown["heating"] = judged(*"k" * 21)
    assert [one.text for one in narrator.news()] == ["hold 21 kept"]


def test_a_note_is_told_at_its_time(seen, narrator):
    seen.notes.append(Event(500, EventKind.MARK, NOTE, {"text": "tip blunt"}))
    assert list(narrator.news()) == [Sentence(INFO, "Note: tip blunt", 500)]
    assert list(narrator.news()) == []
