"""What a run has found, in sentences: each once."""

import logging
from dataclasses import replace
from types import SimpleNamespace

import pytest

from app.gui.narrator import Narrator
from app.views.heating_view import HeatingSnapshot
from app.views.histogram_snapshot import HistogramSnapshot
from app.views.iv_view import IVSnapshot

KEPT = HeatingSnapshot(holds=1, used=1, last="hold 1 kept, 61 periods")


class Seen:
    """A session that shows what it is told to."""

    def __init__(self) -> None:
        self.shown = {"heating": HeatingSnapshot(), "iv": IVSnapshot(), "histogram": HistogramSnapshot()}

    def __getattr__(self, name):
        return SimpleNamespace(snapshot=lambda: self.shown[name])


@pytest.fixture
def seen():
    return Seen()


@pytest.fixture
def narrator(seen):
    return Narrator(seen)


CASES = [
    ("a hold", {"heating": KEPT}, [(logging.INFO, "hold 1 kept, 61 periods")]),
    (
        "a rejected hold",
        {"heating": HeatingSnapshot(holds=1, rejected=1, last="hold 1 rejected: it broke")},
        [(logging.WARNING, "hold 1 rejected: it broke")],
    ),
    (
        "many at once",
        {"heating": replace(KEPT, holds=60, rejected=2)},
        [(logging.WARNING, "60 holds more, 2 of them rejected; hold 1 kept, 61 periods")],
    ),
    (
        "curves",
        {"iv": IVSnapshot(curves=12, junctions=10, dropped={"railed": 2})},
        [(logging.INFO, "12 I-V curves of 10 junctions in the mean; left out: 2")],
    ),
    ("few traces", {"histogram": HistogramSnapshot(kept=90, rejected=9)}, []),
    (
        "a hundred traces",
        {"histogram": HistogramSnapshot(kept=90, rejected=12)},
        [(logging.INFO, "102 traces, 90 of them kept")],
    ),
]


@pytest.mark.parametrize(("shown", "told"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_what_is_new_is_told_once(seen, narrator, shown, told):
    assert list(narrator.news()) == []
    seen.shown.update(shown)
    assert list(narrator.news()) == told
    assert list(narrator.news()) == []


def test_holds_that_are_judged_anew_are_not_told_again(seen, narrator):
    seen.shown["heating"] = replace(KEPT, holds=20)
    list(narrator.news())
    seen.shown["heating"] = replace(KEPT, holds=5)
    assert list(narrator.news()) == []
    seen.shown["heating"] = replace(KEPT, holds=20)
    assert list(narrator.news()) == []
    seen.shown["heating"] = replace(KEPT, holds=21, last="hold 21 kept, 61 periods")
    assert [text for _, text in narrator.news()] == ["hold 21 kept, 61 periods"]
