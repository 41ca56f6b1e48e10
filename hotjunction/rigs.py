"""The simulated rig, and procedures for a bench."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from hotjunction.recordings import PathLike
    from procedures.procedure import RigProcedure


@contextmanager
def simulated_rig(
    species: str = "Au",
    *,
    seed: int = 0,
    clock: Literal["fast", "wall"] = "fast",
    folder: "PathLike | None" = None,
    **parameters: object,
) -> Iterator[Path]:
    """Serve a simulated rig from a process of its own, for as long as the ``with`` block lasts.

    Parameters
    ----------
    species : str
        What forms between tip and substrate: "Au" for bare gold, or a molecule ("BDNC", "BDA").
    seed : int
        The same seed gives the same junctions.
    clock : "fast" or "wall"
        Rig time that runs as fast as the processor allows, or as on the clock on the wall.
    folder : path, optional
        Where ``rig.toml`` is written; a temporary folder if not given.
    **parameters
        Parameters of the simulated world, with ``__`` for the dot: ``thermal__resistance_K_per_W=50e3``
        (``simulators/parameters.toml`` lists them).

    Yields
    ------
    Path
        The rig file, for `Bench`.

    Raises
    ------
    RuntimeError
        For a parameter that does not exist or is out of range; the message names it.
    FileError
        If the folder can't be written to, or holds the file of another rig; the message names it.

    Examples
    --------
    >>> with hj.simulated_rig("Au") as rig_file:                                 # doctest: +SKIP
    ...     summary = hj.Bench(rig_file).run(hj.procedure("break-junction", traces=20), Path("au.h5"))
    """
    from app.acquisition.simulated_rig import SimulationSettings
    from app.acquisition.simulated_rig import simulated_rig as served
    from app.config.simulated_rig_file import write_simulated

    overrides = {"sample.species": species, **{name.replace("__", "."): x for name, x in parameters.items()}}
    settings = SimulationSettings(
        clock=clock, seed=seed, overrides=tuple(f"{name}={value}" for name, value in overrides.items())
    )
    with TemporaryDirectory(prefix="hotjunction-") as temporary, served(settings) as text:
        rig_file = Path(temporary if folder is None else folder) / "rig.toml"
        write_simulated(rig_file, text)
        yield rig_file


def procedure(name: str, **parameters: Any) -> "RigProcedure":
    """Return a procedure for `Bench.run`.

    Parameters
    ----------
    name : str
        One of `procedures`.
    **parameters
        As the options of ``hotjunction run NAME``, with underscores, in the units named there; the others stay at
        their defaults.

    Raises
    ------
    ImpossibleSetting
        For an unknown procedure or parameter, or a value out of bounds; names the value and the bound.

    Examples
    --------
    >>> hj.procedure("break-junction", traces=500, bias=100.0)                   # doctest: +SKIP
    """
    from app.plugins import load_plugins
    from procedures.registry import procedure_of

    load_plugins()
    return procedure_of(name, parameters)


def procedures() -> tuple[str, ...]:
    """Return the names of all procedures.

    Examples
    --------
    >>> "break-junction" in hj.procedures()
    True
    """
    from app.plugins import load_plugins
    from procedures.registry import PROCEDURES

    load_plugins()
    return tuple(PROCEDURES)
