"""The simulated rig as a process of its own, and the rig file that leads to it."""

import multiprocessing
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from simulators.parameters import Parameters, load_parameters

if TYPE_CHECKING:
    from analysis.recording import Recording
    from simulators.rig import SimulatedRig

ClockName = Literal["wall", "fast"]

MARK = "# Rig file of a simulated rig"
"""Begin of every rig file that leads to a simulated rig; such a file may be overwritten."""


@dataclass(frozen=True)
class SimulationSettings:
    """What a simulated rig is started with.

    Parameters
    ----------
    clock : "wall" or "fast"
    seed : int
    parameters : Path, optional
    overrides : tuple of str
        As for ``load_parameters`` ("sample.species=Au").
    host : str
    recording : Path, optional
        To be played back in place of a junction.
    speed : float
        Seconds of the wall clock in one of life's.
    """

    clock: ClockName = "wall"
    seed: int = 0
    parameters: Path | None = None
    overrides: tuple[str, ...] = ()
    host: str = "127.0.0.1"
    recording: Path | None = None
    speed: float = 1.0

    def load(self) -> Parameters:
        """Defaults, the user's file, overrides. Raises ``ParameterError``."""
        return load_parameters(self.parameters, self.overrides)


def rig_file_text(settings: SimulationSettings, parameters: Parameters, addresses: dict[str, str]) -> str:
    """Complete rig.toml for a simulated rig that serves at ``addresses``."""
    import jinja2

    template = jinja2.Template(files("app").joinpath("templates/rig.toml.j2").read_text(encoding="utf-8"))
    values = parameters.values
    return template.render(
        addresses,
        species=values["sample"]["species"],
        seed=settings.seed,
        clock=settings.clock,
        device="Dev1",
        extension_nm_per_V=values["piezo"]["extension_nm_per_V"],
        series_resistance_ohm=values["junction"]["series_resistance_ohm"],
        coarse=values["coarse"],
        thermal=values["thermal"],
        told=datetime.now(UTC).isoformat(timespec="seconds"),
    )


@contextmanager
def served(settings: SimulationSettings) -> "Iterator[tuple[SimulatedRig, str]]":
    """Serve a simulated rig, or a recording that is played back, from this process; gives also its rig file's text.

    Raises
    ------
    ParameterError, RecordingError
        For parameters, or a recording, with which nothing can be served.
    OSError
        If a wire can't be opened.
    """
    from simulators.clock import FastClock, WallClock
    from simulators.rig import SimulatedRig

    parameters = settings.load()
    clock = FastClock() if settings.clock == "fast" else WallClock(settings.speed)
    with ExitStack() as stack:
        if settings.recording is None:
            rig = stack.enter_context(SimulatedRig(parameters, settings.seed, clock, settings.host))
            yield rig, rig_file_text(settings, parameters, rig.addresses)
            return
        from analysis.recording import Recording
        from simulators.playback import recorded_chain

        recording = stack.enter_context(Recording(settings.recording))
        chain = recorded_chain(recording, parameters, settings.seed)
        rig = stack.enter_context(SimulatedRig(parameters, settings.seed, clock, settings.host, chain))
        yield (
            rig,
            _playback_text(settings, recording, rig_file_text(settings, parameters, rig.addresses), rig),
        )


def _playback_text(
    settings: SimulationSettings, recording: "Recording", usual: str, rig: "SimulatedRig"
) -> str:
    from app.playback import playback_rig, rig_toml

    speed = settings.speed if settings.clock == "wall" else 1.0
    made = playback_rig(recording.header, usual, rig.bench.card.device, rig.addresses, speed)
    return rig_toml(
        made, f"{MARK} that plays back {recording.path.name}. It is valid while that process runs.\n"
    )


@contextmanager
def simulated_rig(settings: SimulationSettings) -> Iterator[str]:
    """Serve a simulated rig from a process of its own; gives the text of its rig file.

    The process ends when the context is left, and also when this process dies.

    Raises
    ------
    RuntimeError
        If the process can't serve; the message is its own.
    """
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(settings, theirs), daemon=True)
    process.start()
    theirs.close()
    try:
        kind, text = ours.recv()
        if kind == "error":
            raise RuntimeError(text)
        yield text
    except EOFError:
        raise RuntimeError("The simulated rig's process ended before it served.") from None
    finally:
        ours.close()
        process.join(10)
        if process.is_alive():
            process.kill()


def _serve(settings: SimulationSettings, pipe: Connection) -> None:
    """Serve until the other end of the pipe closes."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the one that runs the rig
    with ExitStack() as stack:
        try:
            _, text = stack.enter_context(served(settings))
        except Exception as error:
            pipe.send(("error", str(error)))
            return
        with suppress(EOFError):
            pipe.send(("serving", text))
            pipe.recv()
