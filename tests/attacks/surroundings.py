"""Runs `hotjunction run` in hostile surroundings, and looks at the world, at what is said, and at the recording.

A surrounding is a way to start the program (names of its files, its pipes, its environment, its limits), or something
that happens to it in the middle of a run: handles or memory run out, its rig file is changed, another program locks its
recording.
"""

import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from analysis.recording import Recording, RecordingError
from analysis.recording.run_log import log_of
from tests.attacks.deaths import Victims, is_commanded_safe, time_to_safe_s
from tests.attacks.deaths import gone as forget
from tests.support.patience import PATIENCE_S
from tests.support.rig.rigs import ServedRig

VALUES = {
    "holds": "1",
    "hold-time": "2",
    "amplitudes": "0.06",
    "distance": "30",
    "approach-speed": "50",
    "leave-speed": "50",
    "baseline-every": "1",
    "baseline-time": "0.02",
}

ODD_NAME = "Gold 1, Übung äöü – 金 \N{TEST TUBE} 'x' %s {0} #1"


WAITS_S = 20.0


@dataclass(frozen=True)
class Program:
    """A run that goes on."""

    rig: ServedRig
    victims: Victims
    pid: int
    folder: Path
    out: Path

    @property
    def ps(self) -> psutil.Process:
        """Its process."""
        return psutil.Process(self.pid)

    def wait(self, most_s: float = PATIENCE_S) -> bool:
        """Wait for its end; return False if that does not come."""
        until_s = time.monotonic() + most_s
        while psutil.pid_exists(self.pid) and time.monotonic() < until_s:
            time.sleep(0.02)
        return not psutil.pid_exists(self.pid)


@dataclass(frozen=True)
class Surrounding:
    """One hostile surrounding.

    Parameters
    ----------
    name : str
    begin : str
        Python that the process executes before the program.
    out : str
        Name of the recording in its folder, or an absolute path.
    meanwhile : callable
        What happens once the tip is out.
    refused : bool
        True if the run must end before anything moves.
    waits : bool
        True if the program may wait for its reader at its end, with the rig safe.
    anew : bool
        True if the program must open its streams itself.
    """

    name: str
    begin: str = ""
    out: str = "run.h5"
    meanwhile: Callable[[Program], object] = lambda program: None
    refused: bool = False
    waits: bool = False
    anew: bool = False


@dataclass(frozen=True)
class Lived:
    """Outcome of a run; ``samples`` is -1 without a recording, ``code`` "" without an end."""

    surrounding: str
    code: str
    safe_s: float
    samples: int
    status: str
    said: str
    moved: bool
    surely_refused: bool
    waits: bool

    @property
    def wrong(self) -> str:
        """Description of a state that must not be; "" without one."""
        if self.safe_s == float("inf"):
            return "not safe"
        if not self.code and not self.waits:
            return "hangs"
        if self.surely_refused and self.moved:
            return "not refused before anything moved"
        return "a traceback" if "Traceback" in self.said else ""


def _limit(which: str, most: int) -> str:
    return f"import resource; resource.setrlimit(resource.{which}, ({most}, {most}))"


def _limited(which: str, most: Callable[[psutil.Process], int]) -> Callable[[Program], None]:
    """Return an attack that limits a resource to what the program has now."""

    def meanwhile(program: Program) -> None:
        import resource

        value = most(program.ps)
        resource.prlimit(program.pid, getattr(resource, which), (value, value))

    return meanwhile


def _rig_file(text: str | None) -> Callable[[Program], None]:
    """Return an attack that replaces the rig file, or deletes it, and then kills the watchdog."""

    def meanwhile(program: Program) -> None:
        before = program.rig.file.read_text("utf-8")
        if text is None:
            program.rig.file.unlink()
        else:
            program.rig.file.write_text(text, "utf-8")
        for child in program.ps.children():
            child.kill()
        program.wait()
        program.rig.file.write_text(before, "utf-8")

    return meanwhile


def _locked(program: Program) -> None:
    """Lock the view up to the end of the run; the log is locked by its writer."""
    import fcntl

    with program.out.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        program.wait()


def _ctrl_z(program: Program) -> None:
    os.kill(program.pid, signal.SIGTSTP)
    time.sleep(4)
    os.kill(program.pid, signal.SIGCONT)


def _again(program: Program) -> None:
    pid, folder = program.victims.start(
        {"words": _words(program.rig, program.out), "begin": "", "anew": False}
    )
    second = Program(program.rig, program.victims, pid, folder, program.out)
    second.wait()
    said = (folder / "output").read_text("utf-8", "replace")
    (program.folder / "output").open("a").write(f"\nThe second run: {said[-300:]}\n")


CLOSED = "r, w = os.pipe(); os.close(r); os.dup2(w, 1); os.dup2(w, 2)"
FULL = (
    "r, w = os.pipe(); os.set_inheritable(r, True); os.set_blocking(w, False)\n"
    "try:\n    while True: os.write(w, bytes(4096))\n"
    "except BlockingIOError: os.set_blocking(w, True)\n"
    "os.dup2(w, 1); os.dup2(w, 2)"
)


def _environment(**changes: str) -> str:
    return f"os.environ.update({changes!r})"


SURROUNDINGS = (
    Surrounding("nothing"),
    Surrounding("handles run out", meanwhile=_limited("RLIMIT_NOFILE", lambda ps: ps.num_fds())),
    Surrounding("memory runs out", meanwhile=_limited("RLIMIT_AS", lambda ps: ps.memory_info().vms + 2**16)),
    Surrounding("quota of 300 kB", _limit("RLIMIT_FSIZE", 300_000)),
    Surrounding("rig file broken, watchdog killed", meanwhile=_rig_file("[[[ not a rig")),
    Surrounding("rig file deleted, watchdog killed", meanwhile=_rig_file(None)),
    Surrounding("view locked by another program", meanwhile=_locked),
    Surrounding("Ctrl-Z, and fg 4 s later", meanwhile=_ctrl_z),
    Surrounding("the same run twice", meanwhile=_again),
    Surrounding("full pipe", FULL, waits=True, anew=True),
    Surrounding("closed pipe", CLOSED, anew=True),
    Surrounding("no input, no output", "for i in 0, 1, 2: os.close(i)", anew=True),
    Surrounding("name of 250 letters", out=f"{'x' * 247}.h5", refused=True),
    Surrounding("name of 240 letters", out=f"{'x' * 237}.h5", refused=True),
    Surrounding("odd name in an odd folder", out=f"{ODD_NAME}/{ODD_NAME}.h5"),
    Surrounding("folder that takes no files", out="/proc/run.h5", refused=True),
    Surrounding("a folder in place of the recording", out=".", refused=True),
    Surrounding("few handles from the start", _limit("RLIMIT_NOFILE", 16), refused=True),
    Surrounding("little memory from the start", _limit("RLIMIT_AS", 2**30)),
    Surrounding("HOME missing", _environment(HOME="/nonexistent/home", XDG_STATE_HOME="")),
    Surrounding("HOME unwritable", _environment(HOME="/proc", XDG_STATE_HOME="")),
    Surrounding("TMPDIR missing", _environment(TMPDIR="/nonexistent")),
    Surrounding("states of rigs unwritable", _environment(HOTJUNCTION_RIGS="/proc/rigs"), refused=True),
)
"""By what is hostile in them."""


def _words(rig: ServedRig, out: Path) -> list[str]:
    options = [word for name, value in VALUES.items() for word in (f"--{name}", value)]
    where = ["--rig", str(rig.file), "--out", str(out)]
    return ["run", "control-out-of-contact", *options, "--unproved", "an attack", *where]


def live(rig: ServedRig, victims: Victims, surrounding: Surrounding, folder: Path) -> Lived:
    """Start a run in a surrounding; return what became of it."""
    folder.mkdir()
    out = folder / surrounding.out
    out.parent.mkdir(parents=True, exist_ok=True)
    pid, place = victims.start(
        {"words": _words(rig, out), "begin": surrounding.begin, "anew": surrounding.anew}
    )
    program = Program(rig, victims, pid, place, out)
    until_s = time.monotonic() + PATIENCE_S
    while psutil.pid_exists(pid) and is_commanded_safe(rig) and time.monotonic() < until_s:
        time.sleep(0.005)
    moved = not is_commanded_safe(rig)
    if moved:
        surrounding.meanwhile(program)
    ended = program.wait(WAITS_S if surrounding.waits else PATIENCE_S)
    safe_s = time_to_safe_s(rig)
    with suppress(ProcessLookupError):  # what waits for its reader would wait for ever
        os.killpg(pid, signal.SIGKILL)
    forget(rig, pid)
    code = place / "code"
    said = (place / "output").read_text("utf-8", "replace") if (place / "output").exists() else ""
    return Lived(
        surrounding.name,
        code.read_text() if ended and code.exists() else "",
        safe_s,
        *_recorded(out),
        said,
        moved,
        surrounding.refused,
        surrounding.waits,
    )


def _recorded(out: Path) -> tuple[int, str]:
    """Return the samples and the status of a recording."""
    with suppress(OSError):
        for path in (log_of(out), out):
            if path.is_file():
                try:
                    with Recording(path) as recording:
                        return recording.n_samples, recording.status
                except RecordingError as error:
                    return -1, str(error)
    return -1, "none"
