"""A program that holds a bias on the resistor until it is killed, or leaves it there: a victim of the session.

python -P -m app.commission.held_bias RIG.toml VOLTS guarded|unguarded|left
"""

import sys
import time
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import Any

from app.acquisition.attended import attended
from app.acquisition.open_rig import open_rig
from app.acquisition.watchdog.watchdog import WatchdogGone, WatchdogTripped
from app.child_process import reply_to_parent
from app.commission.session import MOST_BIAS_V, limited
from app.config.calibrated_rig import load_calibrated_rig
from app.config.rig_context import READS_IN_SILENCE
from drivers.errors import NotNow

HOLDING = "holding"
GUARDED, UNGUARDED, LEFT = "guarded", "unguarded", "left"
LONGEST_S = 60.0


def hold_bias(rig_file: Path, bias_V: float, mode: str) -> None:
    """Apply a bias and wait to be killed; "left" closes the card at once, without making it safe."""
    rig = limited(load_calibrated_rig(rig_file), MOST_BIAS_V)
    every_s = READS_IN_SILENCE * rig.safe.heartbeat_s
    opening: AbstractContextManager[Any] = (
        attended(rig_file, rig, limit_s=rig.safe.heartbeat_s) if mode == GUARDED else open_rig(rig)
    )
    with suppress(WatchdogGone, WatchdogTripped), opening as given:  # the rig is then safe
        daq = (given[0] if mode == GUARDED else given).context.daq
        check = given[1] if mode == GUARDED else lambda: None
        daq.write(bias=bias_V)
        reply_to_parent(HOLDING)
        until_s = time.monotonic() + LONGEST_S
        while mode != LEFT and time.monotonic() < until_s:
            with suppress(NotNow):  # the session reads the loop-back, too
                daq.glance()  # the watchdog wants samples
            check()
            time.sleep(every_s)


if __name__ == "__main__":
    hold_bias(Path(sys.argv[1]), float(sys.argv[2]), sys.argv[3])
