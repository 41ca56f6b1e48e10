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


DEEPEST_M = 3.5e-9
"""Two nanometres on which a contact must form, those of a contact, and the way until the stop."""


def from_trace(rig, number, name):
    """Let a fault of this name happen once a trace has ended."""
    from app.acquisition.bench import Observer

    traces = []

    def on_event(event):
        if event.name == "trace":
            traces.append(event)
            if len(traces) == number:
                for fault in injection([f"{name}=0"]).faults:
                    rig.simulated.faults.add(fault)

    return Observer(on_event=on_event)


def test_a_gain_that_rises_tenfold_in_mid_run_ends_it(tmp_path):
    """Its amplifier still says what the rig file says: `hotjunction sim --fault current-gain-raised`."""
    with served_rig(tmp_path) as rig:
        observer = from_trace(rig, 15, "current-gain-raised")
        summary = rig.bench().run(quick(60, withdraw_speed=2.0), tmp_path / "run.h5", observer=observer)

        assert summary.end.status == "fault"
        assert "The bias or the current has become wrong by ten during the run" in summary.end.reason
        assert 20 <= summary.traces <= 35
        assert rig.is_safe()


@pytest.mark.parametrize("traces", [1, 15])
def test_a_gain_that_falls_tenfold_does_not_let_the_tip_go_on(tmp_path, traces):
    with served_rig(tmp_path) as rig:
        observer = from_trace(rig, traces, "current-gain-lowered")
        summary = rig.bench().run(quick(60, withdraw_speed=2.0), tmp_path / "run.h5", observer=observer)

        assert summary.end.status == "fault"
        assert "did not reach contact_threshold = 5 G0" in summary.end.reason
        assert rig.is_safe()
        assert rig.world.deepest_indentation_m < DEEPEST_M


def test_an_approach_into_a_contact_beyond_a_series_resistance_stops(tmp_path):
    """The rig file does not know of a resistance that keeps each contact below the threshold."""
    with served_rig(tmp_path, overrides={"junction.series_resistance_ohm": 5000.0}) as rig:
        text = rig.file.read_text("utf-8")
        assert "series_resistance_ohm = 5000.0" in text
        rig.file.write_text(
            text.replace("series_resistance_ohm = 5000.0", "series_resistance_ohm = 50.0"), "utf-8"
        )
        summary = rig.bench().run(quick(3), tmp_path / "run.h5")

        assert summary.end.status == "fault"
        assert "a resistance is in series" in summary.end.reason
        assert rig.is_safe()
        assert rig.world.deepest_indentation_m < DEEPEST_M
