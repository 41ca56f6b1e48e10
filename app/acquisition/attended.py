"""A rig that a person sets up by hand: open under a watchdog, safe before and after."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from app.acquisition.open_rig import BY_ADDRESS, OpenRig, Wires, open_rig
from app.acquisition.watchdog import ATTENDED_S, Watchdog
from app.acquisition.watchdog.guarded_rig import GuardedRig
from app.acquisition.watchdog.latch import require_untripped
from app.config.rig import Rig
from drivers.errors import InstrumentFault, RigError


@contextmanager
def attended(
    rig_file: Path, rig: Rig, wires: Wires = BY_ADDRESS, limit_s: float = ATTENDED_S
) -> Iterator[tuple[OpenRig, Callable[[], None]]]:
    """Open a rig, make it safe, and arm a watchdog; yield it with a check that the watchdog lives.

    Parameters
    ----------
    rig_file : Path
        Read by the watchdog.
    rig : Rig
        Limits and settings.
    wires : Wires
    limit_s : float
        Longest time without samples before the watchdog makes the rig safe.

    Raises
    ------
    RigError
        If an instrument does not answer, the watchdog has overruled the program, or the rig could not be made safe:
        the watchdog then goes on trying.
    """
    require_untripped(rig_file, rig)
    with Watchdog(rig_file) as watchdog, open_rig(rig, wires=wires) as opened:
        daq = opened.context.daq
        safely = partial(daq.to_safe, {"z": rig.safe.z_V}, rig.safe.within_s)
        watchdog.wait_until_ready()
        daq.on_samples = watchdog.beat
        watchdog.arm(limit_s)
        safely()
        try:
            yield opened, watchdog.check
        except RigError as error:
            if watchdog.tripped:  # the card refuses what an overruled program writes
                raise InstrumentFault(f"The watchdog made the rig safe: {watchdog.why}") from error
            raise
        finally:
            GuardedRig(watchdog, rig, safely).make_safe()
            watchdog.dismiss()
