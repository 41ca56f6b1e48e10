"""A rig that is left alone: the coarse positioner takes the tip back, and the next approach follows it."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from app.acquisition.run_checks import check
from app.acquisition.went_back import WentBack
from app.config.rig import load_rig
from app.server.idle_park import IdlePark
from app.server.job import Job, Status
from app.server.queue import JobQueue
from app.server.server import BenchServer
from procedures.errors import ImpossibleSetting
from procedures.park import Park
from tests.stories.test_recentring import without_coarse
from tests.support.rig.benches import served_bench
from tests.support.rig.rigs import PATIENCE_S, quick, served_rig, without_wires

pytestmark = pytest.mark.usefixtures("unanalysed")

NM = 1e-9
HOUR_S = 3600.0
DRIFTING = {"surface.initial_gap_nm": 70.0, "surface.drift_pm_per_s": -3.0}
"""In twelve hours the surface comes 130 nm nearer to a tip that stands 50 to 70 nm back."""


@pytest.fixture(autouse=True)
def no_watchdog(monkeypatch):
    from tests.support.rig.watchdogs import WatchdogWithoutProcess

    monkeypatch.setattr("app.acquisition.bench.Watchdog", WatchdogWithoutProcess)


def left_alone(rig, hours):
    """Let the world's time pass without a program."""
    bench = rig.simulated.bench
    with bench.lock:
        bench.clock.wait(bench.changed, bench.clock.now() + hours * HOUR_S)
    bench.catch_up()


def way_m(rig):
    return WentBack(rig.file, load_rig(rig.file)).way_m


def test_a_parked_tip_outlives_the_night_and_finds_the_surface_in_the_morning(tmp_path):
    with served_rig(tmp_path, overrides=DRIFTING) as rig:
        assert rig.bench().run(quick(1), tmp_path / "evening.h5").end.status == "finished"
        assert way_m(rig) == 0.0
        parked = rig.bench().run(Park.from_values({"moves": 8}), tmp_path / "park.h5").end
        assert (parked.status, parked.safe) == ("finished", True), parked.reason
        assert way_m(rig) == pytest.approx(200 * NM)
        deepest_m = rig.world.deepest_indentation_m
        left_alone(rig, 12.0)
        assert rig.world.deepest_indentation_m == deepest_m
        morning = rig.bench().run(quick(1), tmp_path / "morning.h5")
        assert (morning.end.status, morning.traces) == ("finished", 1), morning.end.reason
        assert rig.world.deepest_indentation_m < 2.5 * NM
        assert way_m(rig) == 0.0, "a contact begins anew"


def test_without_it_the_surface_comes_to_the_tip(tmp_path):
    with served_rig(tmp_path, overrides=DRIFTING) as rig:
        assert rig.bench().run(quick(1), tmp_path / "evening.h5").end.status == "finished"
        left_alone(rig, 12.0)
        assert rig.world.deepest_indentation_m > 20 * NM


def test_a_surface_that_is_further_than_the_way_back_is_not_followed(tmp_path):
    with served_rig(tmp_path, overrides={"surface.initial_gap_nm": 5000.0}) as rig:
        assert rig.bench().run(Park.from_values({"moves": 4}), tmp_path / "park.h5").end.status == "finished"
        end = rig.bench().run(quick(1), tmp_path / "run.h5").end
        assert (end.status, end.safe) == ("fault", True)
        assert "No contact up to the end of the piezo's range" in end.reason
        assert way_m(rig) == 0.0
        assert rig.simulated.bench.coarse.position_m == pytest.approx(0.0, abs=50 * NM)


def test_a_positioner_that_goes_the_other_way_is_stopped_at_a_touch(tmp_path):
    """Its direction line is inverted: the first move of 25 nm leads toward the surface."""
    with served_rig(tmp_path, overrides={"surface.initial_gap_nm": 27.0}) as rig:
        bench = rig.simulated.bench
        move = bench.chain.world.move_coarse
        bench.chain.world.move_coarse = lambda distance_m: move(-distance_m)
        end = rig.bench().run(Park.from_values({"moves": 20}), tmp_path / "park.h5").end
        assert (end.status, end.safe) == ("fault", True)
        assert "it goes the other way" in end.reason
        assert rig.world.deepest_indentation_m < 30 * NM


def test_without_a_coarse_positioner_it_is_refused(tmp_path):
    with served_rig(tmp_path) as rig:
        check(Park.from_values({}), load_rig(rig.file))
        without_coarse(rig)
        for refuses in (
            lambda: check(Park.from_values({}), load_rig(rig.file)),
            lambda: rig.bench().run(Park.from_values({}), tmp_path / "park.h5"),
        ):
            with pytest.raises(ImpossibleSetting, match="no coarse positioner"):
                refuses()


def ended(*procedures, status=Status.FINISHED):
    """Return jobs that ended at 0 s."""
    return tuple(SimpleNamespace(procedure=name, ended_s=0.0, status=status) for name in procedures)


class Queue(SimpleNamespace):
    """Queue of an idle bench."""

    present = None

    def let(self, job_id):
        self.let_to.append(job_id)


@pytest.mark.parametrize(
    ("procedures", "at_s", "by_hand", "parks"),
    [
        (["break-junction"], 1799.0, False, False),
        (["break-junction"], 1801.0, False, True),
        (["thermopower"], 1801.0, False, True),
        (["break-junction"], 1801.0, True, False),
        (["break-junction", "playback"], 1801.0, False, True),
        (["break-junction", "park"], 1801.0, False, False),
        (["playback"], 1801.0, False, False),
        (["park"], 1801.0, False, False),
        (["commission"], 1801.0, False, False),
        ([], 1801.0, False, False),
    ],
)
def test_an_idle_bench_parks_once_after_a_run_that_approached(procedures, at_s, by_hand, parks):
    queue, added = Queue(ended=ended(*procedures), let_to=[]), []
    rig = SimpleNamespace(coarse=SimpleNamespace(park_after_s=1800.0))
    idle = IdlePark(
        queue,
        lambda: rig,
        lambda run, place: added.append((run.procedure, place)) or SimpleNamespace(id=7),
        lambda: by_hand,
        lambda: at_s,
    )
    idle.look()
    idle.look()
    assert added == ([("park", 0)] if parks else [])
    assert queue.let_to == ([7] if parks else [])


def test_a_rig_without_a_coarse_positioner_says_that_drift_can_reach_the_tip(tmp_path, caplog):
    queue = Queue(ended=ended("break-junction"))
    with served_rig(tmp_path) as rig:
        without_coarse(rig)
        idle = IdlePark(queue, lambda: load_rig(rig.file), None, lambda: False, lambda: 1801.0)
    said = "by 100 nm at most: drift can reach it; take its housing back by hand"
    idle.look()
    idle.look()
    (record,) = caplog.records
    assert said in record.message
    assert said in idle.alone
    queue.ended = ended("playback")
    assert idle.alone == ""


def test_a_bench_that_parks_its_tip_leaves_it_to_nobody(tmp_path):
    with served_rig(tmp_path) as rig:
        queue = Queue(ended=ended("break-junction"))
        idle = IdlePark(queue, lambda: load_rig(rig.file), None, lambda: False, lambda: 0.0)
        assert idle.alone == ""


def test_a_park_that_ended_early_parks_nothing():
    queue, added = Queue(ended=ended("break-junction") + ended("park", status=Status.ABORTED), let_to=[]), []
    rig = SimpleNamespace(coarse=SimpleNamespace(park_after_s=1800.0))
    idle = IdlePark(
        queue,
        lambda: rig,
        lambda run, place: added.append(run) or SimpleNamespace(id=7),
        lambda: False,
        lambda: 1801.0,
    )
    idle.look()
    assert len(added) == 1


def test_a_job_that_never_ran_does_not_keep_a_tip_from_being_parked():
    """A job removed while it waits is listed as aborted; it had hidden the run before it."""
    queue = JobQueue(lambda: 5.0)
    for number, procedure in enumerate(("break-junction", "heating"), 1):
        queue.add(Job(number, procedure, {}, Path(f"{number}.h5")))
    queue.over(queue.take())
    queue.abort(2)
    assert [job.procedure for job in queue.ended] == ["break-junction"]


def test_a_served_bench_says_while_it_is_idle_that_the_tip_is_alone(tmp_path):
    with served_bench(tmp_path) as bench:
        without_coarse(bench.rig)
        assert bench.server.state()["alone"] == ""
        bench.add(1)
        assert bench.server.queue.wait_until_empty(PATIENCE_S)
        assert "take its housing back by hand" in bench.client.command("state")["alone"]


def test_an_unreadable_way_counts_as_none(tmp_path):
    with served_rig(tmp_path) as rig:
        went_back = WentBack(rig.file, load_rig(rig.file))
        went_back.moves(-1e-7)
        assert went_back.way_m == 1e-7
        whole = went_back._path.read_text("ascii")
        for damaged in ("a page of rubbish", "inf m", "nan m", *(whole[:n] for n in range(len(whole)))):
            went_back._path.write_text(damaged, "ascii")
            assert went_back.way_m == 0.0, damaged


@pytest.mark.parametrize("coarse", [True, False])
def test_a_bench_started_anew_says_that_a_run_before_it_touched_the_sample(tmp_path, coarse):
    """Each program has ended before the next begins, as the one owner of a rig."""
    with served_rig(tmp_path) as rig:
        if not coarse:
            without_coarse(rig)

        def alone():
            with without_wires(rig), BenchServer(rig.file, tmp_path) as server:
                return server.state()["alone"]

        assert alone() == ""
        end = rig.bench().run(quick(1), tmp_path / "by-another-program.h5").end
        assert end.status == "finished", end.reason
        assert "Unless the tip's housing was taken back since" in alone()
        assert "by 100 nm at most" in alone()
        if coarse:
            park = rig.bench().run(Park.from_values({"moves": 4}), tmp_path / "park.h5")
            assert park.end.status == "finished", park.end.reason
            assert alone() == "", "known to be further back"


def test_a_run_that_touches_nothing_says_nothing_of_the_tip(tmp_path):
    with served_rig(tmp_path, overrides={"surface.initial_gap_nm": 5000.0}) as rig:
        rig.bench().run(quick(1), tmp_path / "run.h5")
        assert WentBack(rig.file, load_rig(rig.file)).last_contact is None
