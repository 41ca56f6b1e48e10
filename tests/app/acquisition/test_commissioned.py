"""A commissioning as runs and `check` see it: which one, its age, and why it counts no more."""

from datetime import UTC, datetime, timedelta

import pytest

from app.acquisition.commissioned import for_header, rig_mark, stale_sentence, why_stale
from app.acquisition.simulated_rig import MARK, SimulationSettings, rig_file_text
from app.commands.check import commissioning
from app.config.calibration_store import CalibrationStore, CommissionRecord, store_of
from app.config.rig import load_rig
from app.offline.commissioning import COMMISSIONING, commissioning_of
from simulators.parameters import load_parameters
from tests.support.gui.fake_bench import ADDRESSES

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
CARD = 0x6281C01
VERDICTS = {"1": "pass", "4": "pass"}


@pytest.fixture
def rig_file(tmp_path):
    path = tmp_path / "rig.toml"
    path.write_text(rig_file_text(SimulationSettings("fast", 0), load_parameters(), ADDRESSES), "utf-8")
    return path


def record(rig_file, days=0.0, card=CARD, **changed):
    return CommissionRecord(
        date=NOW - timedelta(days=days),
        recording="commission-2026-11-29",
        rig_file=rig_mark(rig_file),
        card=card,
        **{"program": "hotjunction 0.2", "verdict": "pass", "verdicts": VERDICTS, **changed},
    )


def test_a_fresh_commissioning_of_this_rig_and_card_counts(rig_file):
    assert why_stale(record(rig_file), rig_mark(rig_file), CARD, NOW) == []


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"days": 181}, "it is 181 days old, more than 180"),
        ({"card": 0x1}, "it was made with card 1, this is card 6281C01"),
    ],
)
def test_age_and_card_make_a_commissioning_stale(rig_file, changed, reason):
    assert why_stale(record(rig_file, **changed), rig_mark(rig_file), CARD, NOW) == [reason]


def test_a_changed_rig_file_makes_it_stale_but_new_addresses_of_a_simulated_rig_do_not(rig_file):
    before, text = record(rig_file), rig_file.read_text("utf-8")
    assert text.startswith(MARK)

    rig_file.write_text(text.replace("127.0.0.1:1", "127.0.0.1:9"), "utf-8")
    assert why_stale(before, rig_mark(rig_file), None, NOW) == []
    rig_file.write_text(text.replace("gain = 5e4", "gain = 2e4"), "utf-8")
    assert why_stale(before, rig_mark(rig_file), None, NOW) == ["the rig file has changed since"]


def test_addresses_of_a_real_rig_count(rig_file):
    text = rig_file.read_text("utf-8").removeprefix(MARK)
    rig_file.write_text(f"# Rig of room 12 {text}", "utf-8")
    before = rig_mark(rig_file)

    rig_file.write_text(f"# Rig of room 12 {text.replace('127.0.0.1:1', '127.0.0.1:9')}", "utf-8")

    assert rig_mark(rig_file) != before


def test_a_header_names_the_commissioning_and_reports_say_it(rig_file):
    rig = load_rig(rig_file)
    assert for_header(rig_file, rig, CARD, NOW) == {}
    store_of(rig_file, rig).save(record(rig_file, days=200))

    stated = for_header(rig_file, rig, CARD, NOW)

    assert stated["id"] == "commission-2026-11-29 2026-05-13T12:00:00Z"
    assert (stated["program"], stated["verdict"]) == ("hotjunction 0.2", "pass")
    assert stale_sentence(stated) == (
        "The commissioning of 2026-05-13 counts no more: it is 200 days old, more than 180. "
        "Repeat `hotjunction commission`."
    )
    assert commissioning_of({COMMISSIONING: stated}).endswith(
        "hotjunction 0.2): pass, but it is 200 days old, more than 180"
    )
    assert stale_sentence({**stated, "stale": []}) == ""
    assert "a step of it failed" in stale_sentence({**stated, "stale": [], "verdict": "fail"})


@pytest.mark.parametrize(
    ("changed", "card", "advice"),
    [
        ({}, CARD, ""),
        ({"days": 181}, CARD, "Repeat `hotjunction commission`: it is 181 days old, more than 180."),
        (
            {"card": 0x1},
            CARD,
            "Repeat `hotjunction commission`: it was made with card 1, this is card 6281C01.",
        ),
        ({"card": 0x1}, None, ""),
        (
            {"verdicts": {"1": "pass", "8": "fail"}, "verdict": "fail"},
            CARD,
            "Steps 8 failed: see commission-2026-11-29/report.html.",
        ),
    ],
)
def test_check_says_the_age_of_a_commissioning_and_what_to_do(rig_file, tmp_path, changed, card, advice):
    store = CalibrationStore(tmp_path / "calibrations")
    store.save(record(rig_file, **changed))

    found = commissioning(rig_file, store, card, NOW)

    assert found.said.startswith(f"{changed.get('days', 0):.0f} days ago, card ")
    assert found.advice == advice


def test_check_asks_for_a_first_commissioning(rig_file, tmp_path):
    found = commissioning(rig_file, CalibrationStore(tmp_path / "none"), CARD, NOW)

    assert (found.said, found.advice) == ("never commissioned", "Run `hotjunction commission` once.")


def test_records_of_an_older_version_have_the_verdict_of_their_worst_step(rig_file):
    old = record(rig_file, verdict="", program="", verdicts={"1": "pass", "3": "warn", "5": "fail"})

    assert old.worst == "fail"
