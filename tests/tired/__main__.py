"""Let a tired operator act on the windows of a simulated rig: `python -m tests.tired [--acts 2000] [--seed 1]`.

With ``--deaths`` the bench is a process that is killed, stopped, and left without disk or amplifier, and windows of
other processes are killed.
"""

import argparse
import faulthandler
import sys
import tempfile
from pathlib import Path

from tests.support.leash import leash
from tests.tired.night import Night, lived


def main(texts: list[str] | None = None) -> int:
    """Print what was done and what did not hold; return 1 if anything did not."""
    parser = argparse.ArgumentParser(prog="python -m tests.tired", description=__doc__)
    parser.add_argument("--acts", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--deaths",
        action="store_true",
        help="kill and stop the bench, fill its disk, switch the amplifier off, kill windows",
    )
    parser.add_argument("--log", type=Path, help="file for all acts, one a line")
    read = parser.parse_args(texts)
    faulthandler.enable()
    with tempfile.TemporaryDirectory() as folder, leash():
        place = Path(folder) / "night"  # its name is read in the window
        place.mkdir()
        night = lived(place, read.seed, read.acts, Night(tell=_print), deaths=read.deaths)
    if read.log is not None:
        read.log.write_text("\n".join(night.acts), "utf-8")
    _print(
        f"seed {read.seed}: {len(night.acts)} acts, {night.retracted} times RETRACT, {night.compared} comparisons, "
        f"{len(night.faults)} faults"
    )
    return bool(night.faults)


def _print(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
