"""Benches that are there to be killed: one process that has done all imports forks them, which takes no seconds each.

Each line of its standard input is a list in JSON: rig file, folder, kind of victim. It answers with the number of the
new process, which is in a session and group of its own, and appends to the file ``phase`` of the folder what it does.
A kind that is an object is a command line, with Python to execute before it; it is in a group of its own, and leaves
its exit code in the file ``code``.
"""

import json
import os
import signal
import sys
import time
import traceback
from pathlib import Path
from typing import Any

RUN, HAND = "run", "hand"
BIAS_V = 0.1


def serve() -> None:
    """Fork a victim for each line of standard input."""
    import nidaqmx.system  # noqa: F401  everything that a victim needs, once

    import app.acquisition.bench
    import app.acquisition.run_in_terminal
    import app.commands.run
    import app.server.server  # noqa: F401

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for victims
    _say("ready")
    for line in iter(sys.stdin.readline, ""):
        rig_file, folder, kind = json.loads(line)
        pid = os.fork()
        if pid == 0:
            _be_a_victim(Path(rig_file), Path(folder), kind)
        _say(pid)


def _say(what: object) -> None:
    os.write(1, f"{what}\n".encode())


def _be_a_victim(rig_file: Path, folder: Path, kind: Any) -> None:
    if isinstance(kind, str):
        os.setsid()
    else:
        os.setpgrp()  # in a session of its own it could not be stopped by Ctrl-Z
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGQUIT, signal.SIG_DFL)
    null = os.open(os.devnull, os.O_RDWR)
    out = os.open(folder / "output", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for number, to in ((0, null), (1, out), (2, out)):
        os.dup2(to, number)
    try:
        if isinstance(kind, str):
            (_run if kind == RUN else _hand)(rig_file, folder)
        else:
            _command(folder, **kind)
    except BaseException as error:
        _say(f"{type(error).__name__}: {error}")
    finally:
        os._exit(0)


SHELL = '"$@"; echo $? > "$0"'


def _command(folder: Path, words: list[str], begin: str, anew: bool) -> None:
    """Execute some Python, then a command of hotjunction, ``anew`` in a process that has not opened its streams."""
    from app.cli import main

    code: object = "error"
    try:
        exec(begin, {"os": os})
        if anew:
            program = [sys.executable, "-P", "-m", "app", *words]
            os.execv("/bin/sh", ["sh", "-c", SHELL, str(folder / "code"), *program])
        main(words, "hotjunction")
    except SystemExit as end:
        code = end.code
    except BaseException:
        traceback.print_exc()
    (folder / "code").write_text(str(code))


def _run(rig_file: Path, folder: Path) -> None:
    """Hold junction after junction, as `hotjunction run` does, signals included."""
    from app.acquisition.bench import Bench, Observer
    from app.console.progress import signals_stop
    from tests.support.rig.holding import Holding

    with (folder / "phase").open("a", buffering=1) as file:

        def on_event(event: object) -> None:
            name, phase = event.name, event.payload.get("phase", "")  # type: ignore[attr-defined]
            if phase == "begin":
                file.write(f"{name}\n")

        procedure = Holding(duration_s=0.6)
        procedure.steps = lambda steps=procedure.steps: [step for _ in range(200) for step in steps()]  # type: ignore[method-assign]
        bench = Bench(rig_file, unproved="an attack")
        with signals_stop(bench.stop, lambda sentence: None):
            summary = bench.run(procedure, folder / "run.h5", observer=Observer(on_event=on_event))
    _say(f"ended: {summary.end.status}: {summary.end.reason}; safe: {summary.end.safe}")


def _hand(rig_file: Path, folder: Path) -> None:
    """Hold a bias that was set by hand."""
    from app.console.progress import signals_stop
    from app.server.server import BenchServer

    over: list[int] = []
    with BenchServer(rig_file, folder) as server, signals_stop(lambda: over.append(1), lambda sentence: None):
        server.instruments.set("daq", "bias_V", BIAS_V)
        (folder / "phase").write_text("bias by hand\n")
        while not over:
            time.sleep(0.01)
    _say("ended")


if __name__ == "__main__":
    serve()
