"""Proof of a rig without a run."""

from collections.abc import Callable
from pathlib import Path

from app.acquisition.entry import entered
from app.acquisition.open_rig import open_rig
from app.acquisition.proofs import proofs_of
from app.acquisition.watchdog import Watchdog
from app.config.rig import Rig
from procedures.preflight.proof import Proof


def prove_rig(rig_file: Path, rig: Rig, should_stop: Callable[[], bool]) -> Proof:
    """Prove a rig in full: bias within 0.1 V, z within 5 nm, under a watchdog; then leave it safe.

    Raises
    ------
    RigError
        If an instrument does not answer.
    ProcedureFault
        If the rig is not as its file says.
    Aborted
        If the user asked for a stop.
    """
    with entered(rig_file, rig), Watchdog(rig_file) as watchdog, open_rig(rig) as opened:
        proofs, daq = proofs_of(rig_file, rig, opened), opened.context.daq
        watchdog.wait_until_ready()
        daq.on_samples = watchdog.beat
        watchdog.arm()
        safe = {"z": rig.safe.z_V}, rig.safe.within_s
        daq.to_safe(*safe)
        try:
            return proofs.preflight(watchdog.check, anew=True)(opened.context, should_stop)
        finally:
            daq.to_safe(*safe)
            watchdog.dismiss()
