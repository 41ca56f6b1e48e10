"""The watchdog: a small process that makes the rig safe when the bench dies, hangs or can't.

It starts with the rig file before anything moves, opens the card over a connection of its own, and says that it is
ready. From ARM on it must see beats, which the bench sends only as samples come. It acts when the pipe ends (the bench
died), when the beats stop (it hangs, is stopped, or swapped out), when the system asks it to end, and when the bench
asks for help: bias to 0 V, tip back, outputs reserved against a bench that wakes up again; then it reads the
loop-backs, and tries again, over new connections, until they show a safe rig.

It has a session of its own and ignores what ends the other process (Ctrl-C, a closed terminal, a stopped service). The
state of the rig is in a file (`rig_state`), its actions are in a log (`log_file`).

    python -P -m app.acquisition.watchdog.process RIG.toml BENCH_PID
"""

import logging
import os
import queue
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any

from analysis.shared_files import remove_file
from app.acquisition.watchdog.duty import Duty, Phase
from app.acquisition.watchdog.frames import Frame, Kind, read_frame
from app.acquisition.watchdog.rescue import Card, Rescue, standby_card
from app.acquisition.watchdog.rig_state import (
    ARMED,
    SAFE,
    TRIPPED,
    RigState,
    read_state,
    this_process,
    write_state,
)
from app.config.calibration_store import store_of
from app.config.last_proof import withdraw_proof
from app.config.rig import Rig, load_rig
from app.config.rig_folder import state_path
from app.config.simulated_rig_file import is_simulated
from app.console.priority import become_urgent

SIMULATED_S = 60.0
"""Time for which it tries a simulated rig, which may have ended together with the bench."""

IGNORED = (
    "SIGINT",
    "SIGHUP",
    "SIGQUIT",
    "SIGTSTP",
    "SIGPIPE",
    "SIGBREAK",
    "SIGXCPU",
    "SIGXFSZ",
    "SIGUSR1",
    "SIGUSR2",
)

log = logging.getLogger("watchdog")

_ENDED, _TERMINATED = object(), object()


def run_watchdog(rig_file: Path, bench_pid: int) -> int:
    """Watch the bench until it has ended safely, or the rig was made safe and the bench is gone."""
    for name in IGNORED:
        if hasattr(signal, name):  # each system has its own
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    messages: queue.SimpleQueue[Any] = queue.SimpleQueue()

    def terminated(number: int, frame: FrameType | None) -> None:
        messages.put(_TERMINATED)

    signal.signal(signal.SIGTERM, terminated)
    become_urgent()
    logging.basicConfig(format=f"%(asctime)s %(process)d {rig_file}: %(message)s", level=logging.INFO)
    began_s = time.monotonic()
    rig = load_rig(rig_file)
    watch = Watch(rig_file, rig, bench_pid, standby_card(rig), partial(os.write, sys.stdout.fileno()))
    watch.send(Frame(Kind.READY, number=round(1000 * (time.monotonic() - began_s))))
    threading.Thread(
        target=read_frames, args=(messages, partial(os.read, sys.stdin.fileno())), name="beats", daemon=True
    ).start()
    watch.run(messages)
    return 0


def read_frames(messages: "queue.SimpleQueue[Any]", read: Callable[[int], bytes]) -> None:
    """Put the frames of the bench into the queue, then its end."""
    with suppress(OSError, ValueError):
        while (frame := read_frame(read)) is not None:
            messages.put(frame)
    messages.put(_ENDED)


class Watch:
    """One watch over one bench: its duty, and what follows from it.

    Parameters
    ----------
    rig_file : Path
    rig : Rig
    bench_pid : int
    card : Card
        Warm connection.
    reply : callable
        Writes bytes to the bench.
    """

    def __init__(
        self, rig_file: Path, rig: Rig, bench_pid: int, card: Card, reply: Callable[[bytes], object]
    ) -> None:
        self.duty = Duty()
        self._reply = reply
        self._rig_file = rig_file
        self._rig = rig
        self._rescue = Rescue(card, partial(standby_card, rig), rig.safe.within_s, self._still_unsafe)
        self._simulated = is_simulated(rig_file)
        self._bench_gone = False
        self._path = state_path(rig_file, rig)
        self._state = RigState(
            SAFE, rig_file=str(rig_file), bench=this_process(bench_pid), watchdog=this_process()
        )

    def send(self, frame: Frame) -> None:
        """Send a frame to the bench; ignore a bench that no longer listens."""
        with suppress(OSError):
            self._reply(frame.to_bytes())

    def run(self, messages: "queue.SimpleQueue[Any]") -> None:
        """Watch a bench to its end, and act if it must be."""
        self.watch(messages)
        if self.duty.phase is Phase.TRIPPED:
            self.act()
            self.stand_guard(messages)

    def watch(self, messages: "queue.SimpleQueue[Any]") -> None:
        """Take frames until the watchdog may leave or must act."""
        duty = self.duty
        while duty.phase in (Phase.WAITING, Phase.ARMED):
            due_s = duty.due_s
            wait_s = None if due_s is None else max(due_s - time.monotonic(), 0.0)
            try:
                message = messages.get(timeout=wait_s)
            except queue.Empty:
                duty.on_silence(time.monotonic())
                continue
            if message is _ENDED:
                self._bench_gone = True
                duty.on_end()
            elif message is _TERMINATED:
                duty.on_terminate()
            else:
                self._take(message)
        if duty.phase is Phase.OVER and self._state.state == ARMED:
            self._become(SAFE)

    def _take(self, frame: Frame) -> None:
        """Take a frame, and answer it once what it asks for is done: the state is on the disk before the rig moves."""
        if frame.kind is Kind.ARM and self._state.state != ARMED:
            known = read_state(self._path)
            if known is not None and known.state == TRIPPED:
                self.send(Frame(Kind.REFUSED, frame.seq))
                return
            self._become(ARMED)
            if self._rescue.card is not None:
                self._rescue.card.attend()
        self.duty.on_frame(frame, time.monotonic())
        self.send(Frame(Kind.ECHO, frame.seq))

    def act(self) -> None:
        """Make the rig safe, for as long as that takes."""
        why = self.duty.why
        self.send(Frame(Kind.TRIPPED))
        log.info("%s; making the rig safe", why[:1].upper() + why[1:])
        try:
            done = self._rescue.insist(SIMULATED_S if self._simulated else float("inf"))
        except Exception:
            remove_file(self._path)  # a simulated rig that has ended with its bench
            raise
        log.info("Done: %s", done)
        self._become(TRIPPED, why=why, safe=True)
        self.send(Frame(Kind.MADE_SAFE))
        with suppress(Exception):  # the rig is safe; a proof that stands costs no more than a short one
            store = store_of(self._rig_file, self._rig)
            withdraw_proof(store, "the watchdog made the rig safe", datetime.now(UTC))

    def _still_unsafe(self, trouble: str) -> None:
        self._become(TRIPPED, why=f"{self.duty.why}; not safe yet: {trouble}")

    def stand_guard(self, messages: "queue.SimpleQueue[Any]") -> None:
        """Keep the outputs reserved until the bench is gone or has ended its run; then clear what it left behind.

        A bench that was stopped may wake up at any time, and must not move the tip again.
        """
        while not self._bench_gone:
            message = messages.get()
            self._bench_gone = message is _ENDED
            if isinstance(message, Frame) and message.kind is Kind.SAFE:
                break
        card = self._rescue.card
        if card is not None:
            with suppress(Exception):  # the rig is safe, and the next owner clears what is left
                if self._bench_gone:
                    card.clear()
                card.close()

    def _become(self, state: str, why: str = "", safe: bool = False) -> None:
        """Write the state to the disk; a disk that fails must not keep the rig from being made safe."""
        self._state = replace(self._state, state=state, why=why, safe=safe)
        try:
            if state == SAFE and self._simulated:
                remove_file(self._path)
            else:
                write_state(self._path, self._state)
        except OSError as error:
            log.error("The state of the rig can't be written to %s: %s", self._path, error)
            if state == ARMED:
                raise


if __name__ == "__main__":
    sys.exit(run_watchdog(Path(sys.argv[1]), int(sys.argv[2])))
