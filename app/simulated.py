"""The simulated rig as a process of its own, and the rig file that leads to it."""

import multiprocessing
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Literal

from simulators.parameters import Parameters, load_parameters

ClockName = Literal["wall", "fast"]


@dataclass(frozen=True)
class SimulationSettings:
    """What a simulated rig is started with; ``overrides`` as for ``load_parameters`` ("sample.species=Au")."""

    clock: ClockName = "wall"
    seed: int = 0
    parameters: Path | None = None
    overrides: tuple[str, ...] = ()
    host: str = "127.0.0.1"

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

    from simulators.rig import SimulatedRig

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the one that runs the rig
    try:
        parameters = settings.load()
        rig = SimulatedRig(parameters, settings.seed, settings.clock, settings.host)
        rig.start()
    except Exception as error:
        pipe.send(("error", str(error)))
        return
    try:
        pipe.send(("serving", rig_file_text(settings, parameters, rig.addresses)))
        pipe.recv()
    except EOFError:
        return
    finally:
        rig.stop()
