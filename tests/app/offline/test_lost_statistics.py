"""A worker lost in the statistics, Ctrl-C there, and rows of another version: the result is the same afterwards."""

import pytest

from app.offline.many import Reading, analyse_files
from app.offline.result_cache import ResultCache
from app.offline.statistics import chosen_statistics
from app.offline.tasks import Failure, attempt
from app.offline.workers import ThisProcess
from tests.app.offline.comparing import Counting, text_of


class LosesStatistics(ThisProcess):
    """Worker whose process ends without an answer in the statistics of one file, or at whom a user presses Ctrl-C."""

    def __init__(self, name, interrupted=False):
        self.name, self.interrupted = name, interrupted

    def run(self, tasks, done):
        for index, task in enumerate(tasks):
            lost = task.function.__name__ == "trace_rows" and task.path.name == self.name
            if lost and self.interrupted:
                raise KeyboardInterrupt
            done(index, Failure(task.path, "killed") if lost else attempt(task))


@pytest.mark.usefixtures("few_resamples")
def test_a_worker_lost_in_the_statistics_costs_its_file_alone_and_another_time_only_that_is_read(
    tmp_path, nights, monkeypatch
):
    monkeypatch.setattr("app.offline.result_cache._SETTLED_NS", -1)
    nights = nights[:2]
    chosen, cache = chosen_statistics("plateau,directions"), ResultCache(tmp_path / "results.sqlite")
    whole = text_of(analyse_files(nights, statistics=chosen))
    lost = nights[1].name

    without = analyse_files(nights, reading=Reading(LosesStatistics(lost), cache), statistics=chosen)
    assert [failure.path.name for failure in without.failed] == [lost]
    assert without.statistics["directions"].n == 6, "traces of the other one"
    with pytest.raises(KeyboardInterrupt):
        analyse_files(nights, reading=Reading(LosesStatistics(lost, True), cache), statistics=chosen)

    again = Counting()
    assert text_of(analyse_files(nights, reading=Reading(again, cache), statistics=chosen)) == whole
    assert set(again.asked) == {("trace_rows", lost)}
    monkeypatch.setattr("app.offline.result_cache.code_version", lambda: "another version")
    assert text_of(analyse_files(nights, reading=Reading(again, cache), statistics=chosen)) == whole
    assert {name for task, name in again.asked if task == "trace_rows"} == {path.name for path in nights}, (
        "rows of another version of the program are not used"
    )
