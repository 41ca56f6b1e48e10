"""What happens to bench, rig, windows and computer in a tired operator's night, and what must hold after it.

The bench is a process of its own, so that it can be killed and stopped; the rig is of this process, where the world
can be looked at.
"""

import resource
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
import psutil
from PyQt6.QtWidgets import QWidget

from analysis.recording import Recording, RecordingError
from app.acquisition.recorder import SAVE_EVERY_S
from app.gui.windows.rig_status import NO_ANSWER
from app.gui.windows.rig_window import RigWindow
from app.server.client import BenchClient
from app.server.connection import Connection, running_benches
from app.server.errors import NoAnswer, Refused
from app.server.messages import JobState
from app.server.process import start_bench_process
from simulators.rig.faults import InstrumentSilent
from tests.attacks.deaths import is_commanded_safe
from tests.support.rig.rigs import PATIENCE_S, ServedRig, served_rig
from tests.tired.operator import Act

HEARTBEAT_S = 3.0
SLEEPS_S = 0.3, 3 * HEARTBEAT_S
"""Times for which the computer sleeps: one without a consequence, one after which the watchdog has ended the run."""

STOPPED_S = 0.0, 3.0
"""Times for which a window is stopped before it is killed."""

PROJECT = Path(__file__).parents[2]

SAFE_S = 3 * HEARTBEAT_S + 10.0
"""Time until the world is safe on a busy machine; `python -m tests.attacks` measures what is promised."""

WAITED_S = 60.0
"""Time for which something is waited for that must come."""

LIMIT_V = 0.5
"""Limit of the bias in the rig file."""

SAVED_S = 5 * SAVE_EVERY_S
"""Time after which samples that a bench has told of are on the disk."""

FULL_BYTES = 4096
OFF_ACTS = 12
"""Acts for which the amplifier is off."""

Until = Callable[[Callable[[], bool], float], bool]


class MortalBench:
    """Bench in a process of its own, and a client of it."""

    connection: Connection
    client: BenchClient
    process: psutil.Process

    def __init__(self, rig: ServedRig) -> None:
        self.rig = rig
        self.start()

    def start(self) -> None:
        """Start a bench in place of one that died."""
        self.connection = start_bench_process(self.rig.file, self.rig.folder)
        self.process = psutil.Process(self.connection.pid)
        self.client = BenchClient(self.connection)

    def connection_file(self) -> Path:
        """Return the file by which other processes find it."""
        return next(path for path, one in running_benches().items() if one.token == self.connection.token)

    def kill(self) -> None:
        """Kill it, so that it can do nothing more."""
        self.process.kill()
        self.process.wait(PATIENCE_S)
        self.client.close()

    def present(self) -> JobState | None:
        """Return the run in progress as the bench last said."""
        state = self.client.command("state", timeout_s=PATIENCE_S)
        return next((job for job in state["queue"] if job["id"] == state["job"]), None)

    def noted(self, text: str) -> bool:
        """Add a note to the run in progress; return True if the bench says that it has it."""
        with suppress(Refused, NoAnswer):
            self.client.command("notes", text=text, timeout_s=PATIENCE_S)
            return True
        return False


class Fate:
    """Strikes at random, and complains of what does not hold afterwards.

    Parameters
    ----------
    bench : MortalBench
    windows : callable
        Windows of the rig that are open.
    rng : numpy.random.Generator
    """

    def __init__(
        self, bench: MortalBench, windows: Callable[[], list[RigWindow]], rng: np.random.Generator
    ) -> None:
        self.bench, self._windows, self._rng = bench, windows, rng
        self.until: Until = lambda holds, patience_s: holds()
        self.complaints: list[str] = []
        self.strikes = 0
        self._off_for = 0
        self._due: Callable[[], None] | None = None
        self.acts: tuple[tuple[int, Act], ...] = (
            (2, self._strike("the bench is killed and started again", self._kill_bench)),
            (2, self._strike("the bench sleeps", self._sleep)),
            (2, self._strike("the disk is full", self._fill_disk)),
            (1, self._strike("the current amplifier is switched off", self._switch_amplifier_off)),
            (2, self._strike("a window is killed", self._kill_window)),
            (12, self._start_run),
        )

    def _strike(self, name: str, deed: Callable[[], None]) -> Act:
        """Return an act after which the deed is done, in `judged`, so that no other act comes in between."""

        def act(root: QWidget) -> str:
            self._due = deed
            return name

        return act

    def _start_run(self, root: QWidget) -> str:
        """Start a run, so that fate does not meet an idle rig only."""
        with suppress(Refused, NoAnswer):
            values = {"traces": 200, "approach_speed": 20.0, "withdraw_speed": 1.0, "baseline_time": 0.02}
            if self.bench.present() is None:
                self.bench.client.command("run_now", procedure="break-junction", values=values)
        return "a run is started from elsewhere"

    def _kill_bench(self) -> None:
        """Kill the bench, look at the world and the windows, and start it anew."""
        text = f"note {self.strikes}"
        before, noted = self.bench.present(), self.bench.noted(text)
        self.until(lambda: False, SAVED_S)
        self.bench.kill()
        self._safe("the bench was killed")
        windows = self._attached()
        self._expect("the bench was killed, and a window does not say so", lambda: _all_lost(windows))
        self._expect("a bench that is dead still has numbers", lambda: not any(map(_numbers, windows)))
        self._expect("a bench that is dead still promises", lambda: not any(map(_promises, windows)))
        if before is not None and before["samples"]:
            self._recorded(before, text if noted else "")
        self.bench.start()
        self._answers(windows)

    def _sleep(self) -> None:
        """Let the computer of the bench sleep; the watchdog, which has a card to watch, does not."""
        slept_s = float(self._rng.choice(SLEEPS_S))
        running = self.bench.present() is not None
        self.bench.process.suspend()
        self.until(lambda: False, slept_s)
        if running and slept_s > HEARTBEAT_S:
            self._safe(f"the bench slept for {slept_s:g} s")
        self.bench.process.resume()
        self._answers(self._attached())

    def _kill_window(self) -> None:
        """Kill a window of another process, at once or after a time in which it took nothing of what it was sent."""
        before, stops_s = self.bench.present(), float(self._rng.choice(STOPPED_S))
        with another_window(self.bench.connection_file()) as (window, attached):
            self._expect("another window does not find the bench", attached)
            self.until(lambda: False, float(self._rng.random()))
            window.suspend()
            self.until(lambda: False, stops_s)
            window.kill()
        after = self.bench.present()
        self._expect("a window was killed, and the bench does not answer", lambda: not any(self._lost()))
        if before is not None:
            self._expect("a window was killed, and the run stands still", lambda: self._went_on(before))
        if before is None and after is not None:
            self.complaints.append(f"a window was killed, and {after['procedure']} began")

    def _went_on(self, before: JobState) -> bool:
        """Return True if a run has gone on, is over in its own way, or is paused as before."""
        jobs = {job["id"]: job for job in self.bench.client.command("state", timeout_s=PATIENCE_S)["queue"]}
        now = jobs[before["id"]]
        return (
            now["samples"] > before["samples"] or now["status"] != "running" or before["status"] == "paused"
        )

    def _lost(self) -> list[str]:
        return [window._lost for window in self._attached() if window._lost]

    def _fill_disk(self) -> None:
        """Let no file of the bench grow any more, until the run in progress is over."""
        before = self.bench.present()
        if before is None or not before["samples"]:
            return
        self.until(lambda: False, SAVED_S)
        _, most = self.bench.process.rlimit(resource.RLIMIT_FSIZE)
        self.bench.process.rlimit(resource.RLIMIT_FSIZE, (FULL_BYTES, most))
        self._expect("a run goes on without a disk", lambda: self._over(before["id"]))
        self.bench.process.rlimit(resource.RLIMIT_FSIZE, (most, most))
        self._safe("the disk was full")
        self._recorded(before, "")

    def _switch_amplifier_off(self) -> None:
        """Let the current amplifier be silent for some acts."""
        self.bench.rig.simulated.faults.add(InstrumentSilent(0, "current_amplifier"))
        self._off_for = OFF_ACTS

    def judged(self) -> list[str]:
        """Do what is due after an act, and return what did not hold."""
        if self._due is not None:
            deed, self._due = self._due, None
            self.strikes += 1
            deed()
        self._off_for -= 1
        if self._off_for == 0:
            self.bench.rig.simulated.faults.clear()
        bias_V = self.bench.rig.simulated.bench.outputs["bias"]
        if not abs(bias_V) <= LIMIT_V:
            self.complaints.append(f"a bias of {bias_V:g} V is above the limit of {LIMIT_V:g} V")
        complaints, self.complaints = self.complaints, []
        return complaints

    # ---- what must hold ----

    def _attached(self) -> list[RigWindow]:
        return [window for window in self._windows() if window.source is not None]

    def _expect(self, complaint: str, holds: Callable[[], bool], patience_s: float = WAITED_S) -> None:
        if not self.until(holds, patience_s):
            self.complaints.append(complaint)

    def _safe(self, after: str) -> None:
        self._expect(f"{after}, and the world is not safe", lambda: is_commanded_safe(self.bench.rig), SAFE_S)

    def _over(self, job: int) -> bool:
        present = self.bench.present()
        return present is None or present["id"] != job

    def _answers(self, windows: list[RigWindow]) -> None:
        """Wait until all windows have the bench, show a trip that holds the rig, and clear it as a hand would."""

        def attached(window: RigWindow) -> bool:
            ours = window.source is not None and window.source.client.connection == self.bench.connection
            return (ours and not window._lost) or window not in self._windows()

        self._expect("a window does not find the bench again", lambda: all(map(attached, windows)))
        if self.bench.client.command("state", timeout_s=PATIENCE_S)["tripped"]:
            self._expect(
                "a trip holds the rig, and a window does not say so",
                lambda: all("trip" in window.alarm.text() for window in self._attached()),
            )
            self.bench.client.command("clear_trip", by="the night", timeout_s=PATIENCE_S)

    def _recorded(self, before: JobState, note: str) -> None:
        """Complain of a recording that has not what the bench had said to have."""
        try:
            with Recording(Path(before["out"])) as recording:
                samples, traces = recording.n_samples, len(recording.traces)
                notes = [str(event.payload.get("text", "")) for event in recording.events]
        except RecordingError as error:
            self.complaints.append(f"the recording can't be read: {error}")
            return
        if samples < before["samples"] or traces < before["traces"]:
            self.complaints.append(
                f"recorded {samples} samples and {traces} traces of {before['samples']} and {before['traces']}"
            )
        if note and note not in notes:
            self.complaints.append(f"{note!r} was taken and is not recorded")


def _all_lost(windows: list[RigWindow]) -> bool:
    return all(NO_ANSWER in window.alarm.text() for window in windows)


def _numbers(window: RigWindow) -> bool:
    """Return True if a window shows a bias or a position of the tip."""
    shown = window.rig_line._drawn
    return shown is not None and bool(np.isfinite([shown.bias_V, shown.tip_nm]).any())


def _promises(window: RigWindow) -> bool:
    """Return True if a window says when runs are over, or offers what only a bench can do."""
    queue = window.queue
    buttons = (
        queue.pause,
        queue.skip,
        queue.abort,
        queue.remove,
        queue.again,
        queue.until,
        window.notes.button,
    )
    return queue.all_done.isVisible() or any(button.isEnabled() for button in buttons)


@contextmanager
def another_window(connection: Path) -> Iterator[tuple[psutil.Popen, Callable[[], bool]]]:
    """Open a window in a process of its own; the second tells if it has shown the bench."""
    said = connection.with_suffix(".said")
    command = [sys.executable, "-m", "tests.support.gui.window_process", str(connection), f"{connection}.ini"]
    with said.open("w") as output, psutil.Popen(command, stdout=output, cwd=PROJECT) as window:
        try:
            yield window, lambda: bool(said.stat().st_size)
        finally:
            with suppress(psutil.NoSuchProcess):
                window.kill()


@contextmanager
def mortal_bench(folder: Path) -> Iterator[MortalBench]:
    """Serve a rig on life's clock, and a bench in a process of its own."""
    with served_rig(folder, "wall", heartbeat_s=HEARTBEAT_S) as rig:
        with rig.file.open("a", encoding="utf-8") as file:
            file.write(f"\n[limits]\nbias_V = {LIMIT_V}\n")
        bench = MortalBench(rig)
        try:
            yield bench
        finally:
            bench.kill()
