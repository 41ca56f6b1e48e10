"""Minutes of a rig, one run each, with one random fault each; and what is wrong with the recording of one."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import numpy as np

from analysis.recording import Recording
from analysis.records import Block
from app.server.client import BenchClient
from app.server.errors import Refused
from app.server.messages import RunRequest
from app.server.server import BenchServer
from procedures.sample_reader import SampleReader
from tests.fault_matrix.faults import FAULTS
from tests.fault_matrix.runs import FAST, GAP, GOLD
from tests.support.patience import ANSWER_S, PATIENCE_S
from tests.support.rig.rigs import ServedRig, served_rig, without_wires

RATE_Hz = 2000.0
GONE_S = 0.5
"""Time for which the bench tries to make a rig safe whose card is gone, and for which the card may be silent."""

FIRST_S, LAST_S = 1.5, 55.0
"""Times of a run between which the fault comes, if the run lasts so long."""

REACH_S = 2.0
"""Longest time from a fault to the last sample, where it ends the run and loses samples."""

LATE_S = 1.0
"""Samples that may wait unread at the end of a run."""

NOT_OF_THE_RIG = {"surface away", "time of day jumps", "computer's clock jumps"}
KINDS = {"wire", "instrument", "card", "junction", "clock", "asleep"}
NAMES = tuple(
    name
    for name, fault in FAULTS.items()
    if fault.kind in KINDS and name not in NOT_OF_THE_RIG and name != "bench suspended"
)
"""Faults of the matrix that happen to the rig and not to the program."""

RUNS: Mapping[str, tuple[float, Mapping[str, Any]]] = {
    "control-out-of-contact": (0.8, {**GAP, "holds": 1, "hold_time": 55.0, "trip_reaction": 1.0}),
    "break-junction": (0.2, {**FAST, "withdraw_speed": 0.1, "past_break": 0.5, "traces": 6}),
}
"""Procedures with their share of the minutes, and parameters with which a run takes about a minute."""


@dataclass
class Minute:
    """One run with one fault, and what is wrong."""

    procedure: str
    fault: str
    status: str = ""
    reason: str = ""
    samples: int = 0
    rig_s: float = 0.0
    wrong: list[str] = field(default_factory=list)


@dataclass
class _Tap:
    """Samples that the reader of the present run handed on, and the time of the next fault."""

    rig: ServedRig
    due: int = 0
    fault: str = ""
    struck_at: int | None = None
    first: int | None = None
    next: int = 0
    gaps: list[tuple[int, int]] = field(default_factory=list)
    acquired_s: float = 0.0  # by the card's own clock, whose quartz errs by some ppm

    def take(self, block: Block) -> None:
        """Follow the samples; let the fault happen once its sample is near."""
        self.first = block.first if self.first is None else self.first
        if block.first != self.next and self.next:
            self.gaps.append((self.next, block.first))
        self.next = block.stop
        bench = self.rig.simulated.bench
        self.acquired_s = (bench.time_s - bench.scan_began_s) * bench.timebase
        if self.struck_at is None and self.next >= self.due:
            self.struck_at = self.next + 1
            scene: Any = SimpleNamespace(rig=self.rig, card_sample=lambda at: at)
            FAULTS[self.fault].strike(scene, self.struck_at)


class Soak:
    """A served bench that lives through minutes with faults."""

    def __init__(
        self, rig: ServedRig, server: BenchServer, client: BenchClient, rng: np.random.Generator
    ) -> None:
        self._rig, self._server, self._client, self._rng = rig, server, client, rng
        self._tap = _Tap(rig)

    def minute(self) -> Minute:
        """Run a random procedure in which a random fault happens at a random time."""
        names = list(RUNS)
        procedure = names[self._rng.choice(len(names), p=[share for share, _ in RUNS.values()])]
        return self.live(procedure, str(self._rng.choice(NAMES)), float(self._rng.uniform(FIRST_S, LAST_S)))

    def live(self, procedure: str, fault: str, due_s: float) -> Minute:
        """Run a procedure in which a fault happens at a time; compare recording, samples and clock."""
        minute = Minute(procedure, fault)
        self._tap = _Tap(self._rig, round(due_s * RATE_Hz), minute.fault)
        began_s = self._rig.simulated.bench.clock.now()
        with patch.object(SampleReader, "_take", self._taking()):
            job = self._server.intake.add(RunRequest(procedure, RUNS[procedure][1]))
            while not self._server.queue.wait_until_empty(0.5):
                pass
        minute.status, minute.reason, minute.samples = str(job.status), job.reason, job.samples
        minute.rig_s = self._rig.simulated.bench.clock.now() - began_s
        self._judge(minute, Path(job.out))
        self._mend()
        return minute

    def _taking(self) -> Any:
        take, tap = SampleReader._take, self._tap

        def taking(reader: SampleReader, block: Block) -> None:
            if len(block):
                tap.take(block)
            take(reader, block)

        return taking

    def _judge(self, minute: Minute, out: Path) -> None:
        tap, wrong = self._tap, minute.wrong
        if minute.status not in ("finished", "fault"):
            wrong.append(f"ended as {minute.status}: {minute.reason}")
        if not out.exists():
            wrong.append("no recording")
            return
        with Recording(out) as recording:
            if (recording.first, recording.stop) != (tap.first or 0, tap.next):
                wrong.append(
                    f"recorded {recording.first} to {recording.stop}, read {tap.first} to {tap.next}"
                )
            if list(recording.gaps) != tap.gaps or tap.gaps:
                wrong.append(f"gaps {recording.gaps} recorded, {tap.gaps} read")
        lost = FAULTS[minute.fault].loses_samples and minute.status == "fault"
        at = tap.struck_at
        if lost and at is not None and abs(tap.next - at) > REACH_S * RATE_Hz:
            wrong.append(f"fault at sample {at}, samples end at {tap.next}")
        if not lost and not 0 <= tap.acquired_s * RATE_Hz - tap.next + 1 <= LATE_S * RATE_Hz:
            wrong.append(f"{tap.next} samples in {tap.acquired_s:.2f} s at {RATE_Hz:g} /s")
        out.unlink()

    def _mend(self) -> None:
        """Take the fault away, as a hand would; make the rig safe and let the queue go on."""
        self._rig.simulated.faults.clear()
        until_s = time.monotonic() + PATIENCE_S
        while True:
            try:
                self._client.command("retract", timeout_s=PATIENCE_S)
                break
            except Refused:  # a busy computer may take longer than `GONE_S`
                if time.monotonic() > until_s:
                    raise
        self._client.command("resume")


@contextmanager
def soaked(folder: Path, rng: np.random.Generator) -> Iterator[Soak]:
    """Serve a rig and a bench in this process."""
    with served_rig(folder, overrides=GOLD, seed=int(rng.integers(2**31))) as rig:
        text = rig.file.read_text("utf-8")
        for limit in ("within_s", "answer_s"):
            text = text.replace(f"{limit} = {ANSWER_S}", f"{limit} = {GONE_S}")
        rig.file.write_text(text, "utf-8")
        with (
            without_wires(rig),
            patch("app.acquisition.bench.analysed", lambda path: None),
            BenchServer(rig.file, folder) as server,
            BenchClient(server.connection) as client,
        ):
            yield Soak(rig, server, client, rng)
