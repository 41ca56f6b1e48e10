"""A bench and its clients in the test's own process, on a simulated rig that the test can look at."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from analysis.recording import Recording
from analysis.records import Block
from app.server.client import BenchClient
from app.server.server import BenchServer
from tests.support.rig.rigs import PATIENCE_S, QUICK, ServedRig, served_rig, without_wires


@dataclass(frozen=True)
class ServedBench:
    """A simulated rig, the bench that owns it, and a client."""

    rig: ServedRig
    server: BenchServer
    client: BenchClient

    def add(self, traces: int = 3, **values: Any) -> dict[str, Any]:
        """Queue break junctions that take little of the rig's time."""
        return self.client.command(
            "queue_add", procedure="break-junction", values={**QUICK, "traces": traces, **values}
        )

    def job(self, number: int) -> dict[str, Any]:
        """A job as the bench shows it."""
        return next(job for job in self.client.command("state")["queue"] if job["id"] == number)


@contextmanager
def served_bench(folder: Path, clock: Any = "fast", **world: Any) -> Iterator[ServedBench]:
    """Serve a rig and a bench that reaches it by no wire; by wire: `tests.app.server.test_process`."""
    with (
        served_rig(folder, clock, **world) as rig,
        without_wires(rig),
        BenchServer(rig.file, folder) as server,
        BenchClient(server.connection) as client,
    ):
        yield ServedBench(rig, server, client)


class Ears:
    """A callback that keeps what it is told, and waits for what it wants to hear."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, Any]] = []
        self._changed = threading.Condition()

    def __call__(self, topic: str, what: Any) -> None:
        with self._changed:
            self.heard.append((topic, what))
            self._changed.notify_all()

    def of(self, topic: str) -> list[Any]:
        with self._changed:
            return [what for one, what in self.heard if one == topic]

    def wait(self, topic: str, wanted: Callable[[Any], bool] = lambda what: True, since: int = 0) -> Any:
        """The first of a topic that is as wanted, when it has come; from the ``since``-th message on."""

        def found() -> list[Any]:
            return [what for one, what in self.heard[since:] if one == topic and wanted(what)]

        with self._changed:
            assert self._changed.wait_for(found, PATIENCE_S), f"no such {topic} within {PATIENCE_S} s"
            return found()[0]

    def wait_over(self, job: int) -> dict[str, Any]:
        """Return the final status of a job."""
        return self.wait(
            "job", lambda what: what["id"] == job and what["status"] in ("finished", "aborted", "fault")
        )


def same_as_recorded(heard: Ears, path: str | Path) -> bool:
    """Return True if a follower got each sample and each event of a recording, once and in order."""
    blocks: list[Block] = heard.of("block")
    with Recording(path) as recording:
        data = np.concatenate([block.data for block in blocks], axis=1)
        recorded = recording.samples(recording.first, recording.stop)
        in_order = all(a.stop == b.first for a, b in pairwise(blocks))
        events = [(e.sample, e.name, dict(e.payload)) for e in heard.of("event")]
        return (
            in_order
            and np.array_equal(data, recorded)
            and events == [(e.sample, e.name, dict(e.payload)) for e in recording.events]
        )
