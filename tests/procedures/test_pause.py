"""A paused run goes on reading: its watchdog must hear of samples."""

from itertools import pairwise

from app.acquisition.bench import Bench
from app.acquisition.direct import direct_wires
from tests.support.rig.rigs import quick, served_rig

LOOKS = 5


def test_samples_come_during_a_pause_on_the_fast_clock_which_stands_while_nobody_waits(tmp_path):
    acquired: list[int] = []
    with served_rig(tmp_path) as rig:

        def paused() -> bool:
            acquired.append(rig.simulated.bench.acquired)  # the first look comes before the pause
            return len(acquired) < LOOKS

        bench = Bench(rig.file, paused=paused, wires=direct_wires(rig.simulated), unproved="of the pause")
        summary = bench.run(quick(1), tmp_path / "run.h5")

    assert summary.end.status == "finished"
    assert all(later > before for before, later in pairwise(acquired[1:LOOKS]))
