"""A served rig whose world keeps its extremes, and commands of the user that run on it in this process."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from app.acquisition.direct import direct_wires
from app.acquisition.open_rig import open_rig
from app.cli import main
from simulators.parameters import STANDARD_CARD
from tests.support.rig.rigs import ServedRig, served_rig
from tests.support.rig.watchdogs import WatchdogWithoutProcess


@dataclass
class Worst:
    """Extremes of a world: |bias| on the sample, volts on the piezo, depth of the tip in the surface."""

    bias_V: float = 0.0
    z_V: float = 0.0
    depth_m: float = 0.0


@contextmanager
def watched(
    folder: Path,
    overrides: Mapping[str, Any],
    faults: Sequence[str] = (),
    seed: int = 1,
    card: str = STANDARD_CARD,
) -> Iterator[tuple[ServedRig, Worst]]:
    """Serve a rig whose world keeps its extremes."""
    with served_rig(folder, overrides=overrides, faults=faults, seed=seed, card=card) as rig:
        rig.simulated.bench.looks_ahead = False  # what is taken back never was
        world, worst = rig.simulated.bench.chain.world, Worst()
        advance = world.advance

        def advancing(bias_V: Any, z_V: Any, *others: Any, **heater: Any) -> Any:
            seen = advance(bias_V, z_V, *others, **heater)
            worst.bias_V = max(worst.bias_V, float(np.abs(bias_V).max()))
            worst.z_V = max(worst.z_V, float(np.abs(z_V).max()))
            worst.depth_m = world.truth.deepest_indentation_m
            return seen

        world.advance = advancing
        yield rig, worst


def command(rig: ServedRig, patch: pytest.MonkeyPatch, *words: str) -> Result:
    """Run a command of the user in this process, without the wires and the watchdog that take most of its time."""

    def opened(its: Any, seen: Any = lambda state: None, wires: Any = None) -> Any:
        return open_rig(its, seen, direct_wires(rig.simulated))

    with patch.context() as within:
        within.setattr("app.acquisition.bench.open_rig", opened)
        within.setattr("app.acquisition.prove_rig.open_rig", opened)
        within.setattr("app.acquisition.prove_rig.Watchdog", WatchdogWithoutProcess)
        return CliRunner().invoke(main, list(words), catch_exceptions=False)
