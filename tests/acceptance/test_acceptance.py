"""The table of `python -m tests.acceptance`, from made results; the campaigns themselves are no tests."""

import pytest

from tests.acceptance.__main__ import cases_of, outcome_of, table
from tests.acceptance.criteria import CRITERIA, verdicts
from tests.acceptance.found import Found
from tests.support.kept import Kept


def thermopower(seed, pull, **more):
    return Found("A1", "BDA", seed, 1.0, 12e-6 + pull * 0.5e-6, 12e-6, 0.5e-6, cpu_s=100.0, more=more)


def lines_of(*found):
    results = {}
    for one in found:
        results.setdefault(one.criterion, []).append(one)
    return {(line.criterion, line.what): line for line in verdicts(results)}


def test_results_must_lie_within_two_errors_of_the_truth():
    good = lines_of(*(thermopower(seed, pull) for seed, pull in enumerate((0.4, -1.5, 0.9, 1.1, -0.8))))
    bad = lines_of(*(thermopower(seed, pull) for seed, pull in enumerate((0.4, -1.5, 2.9, 1.1, -0.8))))
    line = ("A1", "thermopower, BDA and BDNC")

    assert good[line].holds and not bad[line].holds
    assert good[line].row[3].startswith("5 of 5") and bad[line].row[3].startswith("4 of 5")
    assert good[line].row[6] == "500"


def test_errors_of_all_junctions_must_be_small_enough():
    loose = Found("A1", "BDA", 1, 1.0, 12e-6, 12e-6, 0.9e-6)
    few = Found("A1", "BDA", 1, 0.1, 12e-6, 12e-6, 0.9e-6)

    assert not lines_of(loose)["A1", "thermopower, BDA and BDNC"].holds
    assert lines_of(few)["A1", "thermopower, BDA and BDNC"].holds


def test_what_a_campaign_contains_besides_is_judged_too():
    intercepts = [thermopower(seed, 0.1, intercept=9e-6, sigma_intercept=3e-6) for seed in (1, 2)]

    assert not lines_of(*intercepts)["A1", "intercept after the contact's offset"].holds


def test_a_part_without_a_result_is_no_success():
    def broken(criterion, part, seed, size):
        raise ValueError("no junction")

    found = outcome_of(("A9", "gold", 1, broken), 1.0)

    assert (found.said, found.criterion) == ("ValueError: no junction", "A9")
    line = lines_of(found)["A9", "contacts at dT = 30 K"]
    assert not line.holds and line.found == "ValueError: no junction"


def test_parts_come_seed_by_seed_and_tests_once():
    cases = [case[:3] for case in cases_of(["A1", "A11"], 2)]

    assert cases == [
        ("A1", "BDA", 1), ("A1", "BDNC", 1), ("A11", "reference values", 1), ("A1", "BDA", 2), ("A1", "BDNC", 2),
    ]  # fmt: skip


@pytest.mark.parametrize("size", [1.0, 0.1])
def test_the_table_is_of_one_size_and_of_what_is_kept(tmp_path, size):
    file = tmp_path / "kept.txt"
    for made in (thermopower(1, 0.5), Found("A9", "gold", 1, 0.1, 316.0, 315.0, 2.0, more={"fano": 0.0})):
        Kept(file, Found).of(made.criterion, lambda made=made: made)

    rows = table(list(Kept(file, Found)), size).rows

    assert {row[0] for row in rows} == ({"A1", "A13"} if size == 1.0 else {"A9"})


def test_a_program_that_was_killed_while_it_wrote_goes_on(tmp_path):
    file = tmp_path / "kept.txt"
    for seed in (1, 2):
        Kept(file, Found).of(f"A1 {seed}", lambda seed=seed: thermopower(seed, 0.5))
    file.write_bytes(file.read_bytes()[:-40])
    made = []
    for seed in (1, 2, 3):
        Kept(file, Found).of(f"A1 {seed}", lambda seed=seed: made.append(seed) or thermopower(seed, 0.5))

    assert made == [2, 3]
    assert [one.seed for one in Kept(file, Found)] == [1, 2, 3]


def test_every_criterion_has_parts():
    assert all(one.parts for one in CRITERIA.values())
