"""Work on many files: in this process, or in several processes of this computer.

Results come in the order of the tasks, so that whatever is made of them does not depend on who was faster.
"""

import multiprocessing
import runpy
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

from app.offline.tasks import Failure, Task, attempt

Done = Callable[[int, Any], None]
"""Function that takes the index of a task and its result, as soon as it is there."""

_LOOK_S = 0.2

_MOST_DEATHS = 3

_NONE_STARTS = (
    "no process that was started for the files answered; use --workers 1. (A script must call hotjunction under "
    '`if __name__ == "__main__":` if it asks for several workers.)'
)


class Workers(Protocol):
    """Whoever works on files."""

    def run(self, tasks: Sequence[Task[Any]], done: Done) -> None:
        """Run all tasks; call ``done`` for each, in any order, from this thread."""
        ...

    def close(self) -> None:
        """End all work at once."""
        ...


class ThisProcess:
    """Works on one file after another, here."""

    def run(self, tasks: Sequence[Task[Any]], done: Done) -> None:
        """Run all tasks in order."""
        for index, task in enumerate(tasks):
            done(index, attempt(task))

    def close(self) -> None:
        """Do nothing."""


class Processes:
    """Works on files in several processes. One that dies costs nothing but the file that it died of.

    Parameters
    ----------
    number : int
        Number of processes.
    """

    def __init__(self, number: int) -> None:
        self._number = number
        self._pool: ProcessPoolExecutor | None = None
        self._mine: set[BaseProcess] = set()
        self._answered, self._deaths = False, 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def run(self, tasks: Sequence[Task[Any]], done: Done) -> None:
        """Run all tasks; after an interruption (Ctrl-C) no process is left."""
        waiting = list(enumerate(tasks))[::-1]
        try:
            while waiting:
                lost = self._run_together(waiting, done)
                with Processes(1) as alone:
                    for index, task in lost:
                        self._run_alone(alone, index, task, done)
        except BaseException:
            self.close()
            raise

    def _run_together(self, waiting: list[tuple[int, Task[Any]]], done: Done) -> list[tuple[int, Task[Any]]]:
        """Run tasks on all processes until one dies; return those that were under way then."""
        lost: list[tuple[int, Task[Any]]] = []
        running: dict[Future[Any], tuple[int, Task[Any]]] = {}
        broken = False
        while running or (waiting and not broken):
            while waiting and not broken and len(running) < 2 * self._number:
                index, task = waiting.pop()
                try:
                    running[self.submit(task)] = index, task
                except BrokenProcessPool:
                    lost.append((index, task))
                    broken = True
            finished, _ = wait(running, _LOOK_S, FIRST_COMPLETED)
            for future in finished:
                index, task = running.pop(future)
                try:
                    done(index, future.result())
                    self._answered = True
                except BrokenProcessPool:
                    lost.append((index, task))
                    broken = True
        if broken:
            self.close()
        return sorted(lost, key=lambda each: each[0])

    def _run_alone(self, alone: "Processes", index: int, task: Task[Any], done: Done) -> None:
        """Run a task in a process that works on nothing else, to see whether it is the one that kills."""
        try:
            done(index, alone.submit(task).result())
            self._answered = True
        except BrokenProcessPool:
            alone.close()
            self._deaths += 1
            if self._deaths >= _MOST_DEATHS and not self._answered:
                raise RuntimeError(_NONE_STARTS) from None
            done(index, Failure(task.path, _killed(task.path)))

    def submit(self, task: Task[Any]) -> Future[Any]:
        """Let a process run a task. Raises ``BrokenProcessPool``, then or later, if the process dies."""
        pool = self._started()
        before = set(multiprocessing.active_children())
        future = pool.submit(attempt, task)
        self._mine |= set(multiprocessing.active_children()) - before
        return future

    def _started(self) -> ProcessPoolExecutor:
        if self._pool is None:
            self._pool = ProcessPoolExecutor(
                self._number,
                multiprocessing.get_context("spawn"),
                initializer=runpy.run_path,  # of the standard library: ours is not importable yet
                initargs=(str(Path(__file__).with_name("worker_start.py")),),
            )
        return self._pool

    def close(self) -> None:
        """End the processes, whatever they are doing."""
        pool, self._pool = self._pool, None
        if pool is None:
            return
        pool.shutdown(wait=False, cancel_futures=True)
        for process in self._mine:
            with suppress(OSError, ValueError):  # it has ended
                process.terminate()
                process.join()
        self._mine.clear()


def _killed(path: Path) -> str:
    return (
        f"{path}: the process that read it ended without an answer (killed, or out of memory), also when it worked on "
        "this file alone; hotjunction verify checks it."
    )
