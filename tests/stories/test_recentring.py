"""Drift eats the piezo's range: a rig with a coarse positioner goes on, one without says so and ends safely."""

import re

import pytest

from analysis.recording import Recording
from analysis.records import EventKind
from tests.support.rig.rigs import quick, served_rig

pytestmark = pytest.mark.usefixtures("unanalysed")

NM = 1e-9
MIDDLE_NM = 50.0
"""Middle of the simulated piezo's range, 0 to 100 nm; contacts from 25 to 85 nm are left where they are."""

TRACES = 12
AWAY = {"surface.initial_gap_nm": 80.0, "surface.drift_pm_per_s": 2000.0, "coarse.step_nm": 5.0}
NEARER = {"surface.initial_gap_nm": 41.0, "surface.drift_pm_per_s": -2000.0, "coarse.step_nm": 5.0}
NEAR_MIDDLE_NM = 10.0
"""Half a step, the scatter of seven, hysteresis of the piezo, and the drift until the next contact."""


def run(rig, out):
    return rig.bench().run(quick(TRACES, approach_speed=50.0), out)


def without_coarse(rig):
    """Take the coarse positioner out of the rig file."""
    before, _, rest = rig.file.read_text("utf-8").partition("[coarse]")
    rig.file.write_text(before + rest[rest.index("\n[") :], "utf-8")


def watch_steps(rig):
    """Bias and z that the world sees whenever the housing takes a step."""
    bench, seen = rig.simulated.bench, []
    move = bench.chain.world.move_coarse

    def moved(distance_m):
        seen.append(dict(bench.outputs))
        move(distance_m)

    bench.chain.world.move_coarse = moved
    return seen


def contacts_around_recentrings(recording):
    """Extensions (nm) at the contacts of the traces before and after the first re-centring, and its distance."""
    before, after, distances = [], [], []
    for event in recording.events:
        if event.name == "trace":
            (after if distances else before).append(event.payload["contact_nm"])
        elif event.name == "recentre" and event.payload["phase"] == "begin":
            distances.append(event.payload["distance_m"] / NM)
    return before, after, distances


@pytest.mark.parametrize(("drifting", "toward"), [(AWAY, 1), (NEARER, -1)])
def test_a_surface_that_drifts_is_brought_back_to_the_middle(tmp_path, drifting, toward):
    out = tmp_path / "run.h5"
    with served_rig(tmp_path, overrides=drifting) as rig:
        seen = watch_steps(rig)
        summary = run(rig, out)
        moved_nm = rig.simulated.bench.coarse.position_m / NM
        assert rig.is_safe()

    assert (summary.end.status, summary.traces) == ("finished", TRACES), summary.end.reason
    with Recording(out) as recording:
        before, after, distances = contacts_around_recentrings(recording)
        assert recording.gaps == ()
    assert before and after
    assert all((contact - MIDDLE_NM) * toward > NEAR_MIDDLE_NM for contact in before)
    assert after[0] == pytest.approx(MIDDLE_NM, abs=NEAR_MIDDLE_NM)
    assert after[-1] == pytest.approx(MIDDLE_NM, abs=NEAR_MIDDLE_NM + 5)
    (distance_nm,) = distances
    assert moved_nm == pytest.approx(distance_nm, abs=5.0)
    assert len(seen) == round(abs(distance_nm) / 5.0)
    assert all(outputs == {"bias": 0.0, "z": 0.0} for outputs in seen)


def test_without_a_coarse_positioner_the_run_ends_safely_and_says_how_far_to_move(tmp_path):
    out = tmp_path / "run.h5"
    with served_rig(tmp_path, overrides=AWAY) as rig:
        without_coarse(rig)
        summary = run(rig, out)
        assert rig.is_safe()
        assert rig.simulated.bench.coarse.position_m == 0

    assert (summary.end.status, summary.end.safe) == ("fault", True)
    assert summary.traces >= 1
    assert re.search(r"Move the coarse positioner by 3\d nm toward the surface", summary.end.reason)
    with Recording(out) as recording:
        faults = [event for event in recording.events if event.kind is EventKind.FAULT]
        assert recording.status == "aborted"
    assert [fault.name for fault in faults] == ["PiezoAtEnd"]
