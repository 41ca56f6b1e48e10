"""Campaigns on the simulated rig in this process, on the fast clock, with the processor time that they take."""

import re
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np

from procedures.procedure import RigProcedure
from tests.acceptance.found import Found
from tests.support.rig.rigs import ServedRig, served_rig
from tests.support.rig.watchdogs import WatchdogWithoutProcess

MOVES = {"approach_speed": 50.0, "withdraw_speed": 5.0, "leave_speed": 50.0, "past_break": 0.6}
"""Motion of the tip that loses no junction and little time."""

FAST_Hz = 8000.0
"""Sample rate that folds 5 % of the thermometer's noise behind a low-pass of 1 kHz; 2 kHz fold 71 %."""


class NoResult(RuntimeError):
    """Raised by a campaign that ended by a fault, or has nothing to evaluate."""


@dataclass(frozen=True)
class Campaigns:
    """A served rig with a bench, and a folder for its recordings.

    Parameters
    ----------
    rig : ServedRig
    bench : Bench
    folder : Path
    """

    rig: ServedRig
    bench: Any
    folder: Path

    def measured(self, procedure: RigProcedure, name: str = "night") -> Path:
        """Run a procedure to its end; return its recording. Raises `NoResult` if it ends earlier."""
        out = self.folder / f"{name}.h5"
        end = self.bench.run(procedure, out).end
        if end.status != "finished":
            raise NoResult(end.reason)
        return out

    def truth(self, kind: str) -> list[Any]:
        """Return what the world logged of each "contact" or "molecule"."""
        log = self.rig.simulated.bench.world.heated.junction.log
        return [one for (which, _), one in log.items() if which == kind]

    def held(self, kind: str) -> list[Any]:
        """Return what the world logged of those that were held: they have by far the most samples."""
        every = self.truth(kind)
        most = max((one.samples for one in every), default=0)
        return [one for one in every if one.samples > 0.2 * most]


@contextmanager
def campaigns(
    world: Mapping[str, Any],
    seed: int,
    rise_time_s: float | None = None,
    rate_Hz: float | None = None,
    unproved: str = "",
    miscalibrated: bool = False,
) -> Iterator[Campaigns]:
    """Serve a rig of a world; its file may have another rise time of the current amplifier, and sample rate.

    A miscalibrated rig's S_TC is off by an error that is drawn from its own uncertainty.
    """
    with (
        tempfile.TemporaryDirectory() as name,
        patch("app.acquisition.bench.Watchdog", WatchdogWithoutProcess),
        served_rig(Path(name), overrides=world, seed=seed) as rig,
    ):
        text = rig.file.read_text("utf-8")
        if rise_time_s is not None:
            text = re.sub(r"rise_time_s = \S+", f"rise_time_s = {rise_time_s:g}", text)
        if rate_Hz is not None:
            text = re.sub(r"^rate_Hz = \S+", f"rate_Hz = {rate_Hz:g}", text, flags=re.MULTILINE)
            assert f"rate_Hz = {rate_Hz:g}" in text
        if miscalibrated:
            text = _miscalibrated(text, np.random.default_rng(seed))
        rig.file.write_text(text, "utf-8")
        yield Campaigns(rig, rig.bench(unproved=unproved), Path(name))


def _miscalibrated(text: str, rng: np.random.Generator) -> str:
    """Return a rig file whose S_TC is drawn about the true one, with its own uncertainty."""
    value, sigma = (float(found[1]) for name in ("seebeck_V_per_K", "seebeck_uncertainty_V_per_K")
                    if (found := re.search(rf"^{name} = (\S+)", text, re.MULTILINE)))  # fmt: skip
    drawn = value + sigma * rng.standard_normal()
    return re.sub(r"^seebeck_V_per_K = \S+", f"seebeck_V_per_K = {drawn:.6g}", text, flags=re.MULTILINE)


def junctions(wanted: int, size: float, least: int = 3) -> int:
    """Return the number of junctions of a part of the wanted size."""
    return max(least, round(wanted * size))


@contextmanager
def timed() -> Iterator[dict[str, float]]:
    """Measure the processor time of this process; the yielded mapping has it as "s" afterwards."""
    began_s, taken = time.process_time(), {"s": 0.0}
    try:
        yield taken
    finally:
        taken["s"] = time.process_time() - began_s


def failed(criterion: str, part: str, seed: int, size: float, why: Exception, cpu_s: float) -> Found:
    """Return what a part that gave no result leaves."""
    said = " ".join(f"{type(why).__name__}: {why}".split())[:300]
    return Found(criterion, part, seed, size, cpu_s=cpu_s, said=said)
