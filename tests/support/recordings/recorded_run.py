"""A run of the simulated rig, a little before its end: what a user sees of break junctions."""

import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from app.gui.presets import PRESETS
from app.replay.player import Player
from app.viewmodels.session import Session
from procedures.break_junction import BreakJunction
from tests.support.gui.fake_bench import job
from tests.support.rig.rigs import served_rig

TRACES = 250
SEEN = 0.95
"""Share of the run that is seen."""
SPEED = 50.0
WORLD = {"sample.species": "BDNC", "molecule.BDNC.binding_probability": 0.8}


@cache
def session() -> Session:
    """Recorded at the preset's settings (half a minute of a processor), then played to the views."""
    values = PRESETS[0].of(BreakJunction)
    with tempfile.TemporaryDirectory() as name, served_rig(Path(name), overrides=WORLD, seed=4) as rig:
        path = Path(name) / "break-junction.h5"
        rig.bench().run(BreakJunction.from_values({**values, "traces": TRACES}), path, sample="Au-BDNC-Au")
        with Player(path, SPEED) as player:
            seen = Session(player.header, name="2026-11-21-break-junction-001.h5")
            player.play()
            until = SEEN * player.recording.stop
            while player.state.sample < until:
                for item in player.advance(0.05):
                    seen.feed(item)
    seen.histogram.work(thorough=True)
    return seen


def jobs() -> tuple[dict[str, Any], ...]:
    """The run, and what is to come."""
    status = session().status.snapshot()
    return (
        job(1, "running", procedure="break-junction", repeats="traces", total=TRACES, cycles=status.cycles,
            left_s=status.left_s, values={}),
        job(2, procedure="iv", values={"peak": 1.35}, total=60),
        job(3, values={"amplitudes": [0.74, 0.95, 1.08, 1.18, 1.27]}, total=300),
        job(4, procedure="control-out-of-contact", values={"amplitudes": [1.27]}),
    )  # fmt: skip
