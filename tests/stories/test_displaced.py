"""The way to the last contact proves nothing once something may have moved the surface, or a cable, since."""

from app.acquisition.bench import Bench, Observer
from app.acquisition.direct import direct_wires
from simulators.rig.faults import AmplifierOutput
from tests.fault_matrix.runs import RUNS
from tests.support.rig.rigs import FEW_LOOKS, quick
from tests.support.rig.watched import watched

NM = 1e-9
DEEPEST_M = 7 * NM
"""A contact of 5 G0 lies up to 1.5 nm in the surface, and contact.blind_nm is 5 nm."""

LOOKS = 5


def with_usual_looks(rig):
    text = rig.file.read_text("utf-8")
    rig.file.write_text(text.replace(FEW_LOOKS, "blind_nm = 5.0\ncapacitance_pF = 0.0"), "utf-8")


def cable_off(rig):
    rig.simulated.faults.add(AmplifierOutput(rig.simulated.bench.acquired, "current", 0.0))


def stopped_in_time(rig, worst, end):
    assert "does not follow the Keithley 428" in end.reason
    assert worst.depth_m < DEEPEST_M
    assert rig.simulated.bench.outputs["bias"] == rig.simulated.bench.outputs["z"] == 0.0


def test_a_pause_in_which_a_cable_comes_off_and_the_surface_comes_nearer(tmp_path):
    """Fifteen nanometres are an hour of drift at 4 pm/s."""
    looks = []
    with watched(tmp_path, {"surface.drift_pm_per_s": 0.0}) as (rig, worst):
        with_usual_looks(rig)

        def paused() -> bool:
            if not worst.depth_m:  # only after the first contact
                return False
            looks.append(None)
            if len(looks) == LOOKS:
                cable_off(rig)
                rig.simulated.bench.chain.world.move_coarse(15 * NM)
            return len(looks) < LOOKS

        wires = direct_wires(rig.simulated)
        bench = Bench(rig.file, paused=paused, wires=wires, unproved="of the pause")
        summary = bench.run(quick(3), tmp_path / "run.h5")

        assert len(looks) >= LOOKS
        stopped_in_time(rig, worst, summary.end)


def test_a_cable_that_comes_off_once_a_heated_tip_has_expanded(tmp_path):
    """Later, in the run of this name of the matrix of faults, the tip had been 14 nm in the surface."""
    run, heated = RUNS["control-thermal-conductance-other-frequency"], []
    with watched(tmp_path, run.world) as (rig, worst):
        with_usual_looks(rig)

        def strike(event):
            if event.name == "heater_W":
                heated.append(event.payload["commanded"])
                if len(heated) == 2:
                    cable_off(rig)

        procedure = run.procedure.from_values(run.values)
        summary = rig.bench(unproved="story").run(
            procedure, tmp_path / "run.h5", observer=Observer(on_event=strike)
        )

        assert len(heated) == 2
        stopped_in_time(rig, worst, summary.end)
