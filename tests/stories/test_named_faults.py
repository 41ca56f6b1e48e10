"""Faults of real rigs on the simulated one: each is named, ends safely, is recorded, and hangs nothing."""

import pytest

from analysis.recording import Recording
from analysis.records import EventKind
from simulators.rig.named_faults import injection
from tests.support.rig.rigs import quick, served_rig

pytestmark = pytest.mark.usefixtures("unanalysed")

FAULTS = {
    "surface never there": ({"surface.initial_gap_nm": 500.0}, {}, "PiezoAtEnd"),
    "contact does not break": ({"gold.weld_G0": 6.0}, {}, "ContactNotBroken"),
    "contact at the rail does not break": ({"gold.weld_G0": 7.0}, {}, "AmplifierRailed"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_named_and_ends_the_run_safely(tmp_path, fault):
    overrides, values, name = FAULTS[fault]
    with served_rig(tmp_path, overrides=overrides) as rig:
        summary = rig.bench().run(quick(3, approach_speed=50.0, **values), tmp_path / "run.h5")

        assert summary.end.status == "fault"
        assert summary.end.safe
        assert rig.simulated.bench.outputs == {"bias": 0.0, "z": 0.0}
    with Recording(tmp_path / "run.h5") as recording:
        faults = [event for event in recording.events if event.kind is EventKind.FAULT]
        assert [event.name for event in faults] == [name]
        assert recording.status == "aborted"


def test_samples_that_the_controller_did_not_fetch_in_time_end_the_run_safely(tmp_path):
    """The card's own memory overflows: `hotjunction sim --fault fifo-overflow`."""
    with served_rig(tmp_path) as rig:
        for fault in injection(["fifo-overflow"]).faults:
            rig.simulated.faults.add(fault)
        summary = rig.bench().run(quick(30), tmp_path / "run.h5")

        assert summary.end.status == "fault"
        assert "Acquisition lost: the controller did not fetch in time (-200361)" in summary.end.reason
        assert rig.is_safe()


def test_a_surface_that_vanishes_between_traces_is_lost(tmp_path):
    with served_rig(tmp_path) as rig:
        bench = rig.bench()

        def vanish(event):
            if event.name == "trace":
                with rig.simulated.bench.lock:
                    rig.simulated.bench.world.move_coarse(-45e-9)

        from app.acquisition.bench import Observer

        summary = bench.run(
            quick(3, search_distance=20.0), tmp_path / "run.h5", observer=Observer(on_event=vanish)
        )

        assert summary.end.status == "fault"
        assert "No contact within 20 nm beyond the last one" in summary.end.reason
        assert summary.traces == 1


@pytest.fixture
def sensitive(tmp_path):
    """A rig whose current amplifier rails at 0.64 G0, far below the contact threshold."""
    with served_rig(tmp_path) as rig:
        rig.file.write_text(
            rig.file.read_text("utf-8").replace("gain_V_per_A = 1e5", "gain_V_per_A = 1e6"), "utf-8"
        )
        yield rig


def test_a_rail_below_the_threshold_is_refused_before_anything_moves(sensitive):
    from procedures.errors import ImpossibleSetting

    with pytest.raises(ImpossibleSetting, match=r"rails at 0\.6"):
        sensitive.bench().run(quick(1), sensitive.folder / "run.h5")

    assert sensitive.world.extension_m == 0


def test_a_rail_below_the_threshold_is_contact_if_the_user_says_so(sensitive):
    out = sensitive.folder / "run.h5"

    summary = sensitive.bench().run(quick(2, railed_is_contact=True), out)

    assert summary.end.status == "finished"
    with Recording(out) as recording:
        assert [entry.flags for entry in recording.traces] == [("railed",), ("railed",)]
