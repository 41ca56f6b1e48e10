"""A program that holds a bias on the resistor until it is killed, or leaves it there: a victim of the session.

python -P -m app.commission.held_bias RIG.toml VOLTS guarded|unguarded|left
"""

import sys
import time
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from app.acquisition.attended import attended
from app.acquisition.open_rig import open_rig
from app.child_process import reply_to_parent
from app.commission.session import MOST_BIAS_V, limited
from app.config.calibrated_rig import load_calibrated_rig

HOLDING = "holding"
GUARDED, UNGUARDED, LEFT = "guarded", "unguarded", "left"
LONGEST_S = 60.0


def hold_bias(rig_file: Path, bias_V: float, mode: str) -> None:
    """Apply a bias and wait to be killed; "left" closes the card at once, without making it safe."""
    rig = limited(load_calibrated_rig(rig_file), MOST_BIAS_V)
    opening: AbstractContextManager[Any] = attended(rig_file, rig) if mode == GUARDED else open_rig(rig)
    with opening as given:
        opened = given[0] if mode == GUARDED else given
        opened.context.daq.write(bias=bias_V)
        reply_to_parent(HOLDING)
        if mode != LEFT:
            time.sleep(LONGEST_S)


if __name__ == "__main__":
    hold_bias(Path(sys.argv[1]), float(sys.argv[2]), sys.argv[3])
