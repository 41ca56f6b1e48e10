"""Words of a commissioning or a drill in a terminal, and the simulated rig that it may have."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import click

from analysis.commissioning.judgement import Judgement
from app.acquisition.open_rig import Wires
from app.commission.hands import Operator
from app.commission.report import shown
from app.commission.step import Step
from app.config.simulated_rig_file import demand_writable, write_simulated
from app.config.toml import FileError

COLOURS = {"pass": "green", "warn": "yellow", "fail": "red", "not done": "blue"}


@contextmanager
def simulated_rig(
    rig_file: Path, faults: tuple[str, ...], resistance_ohm: float, clock: Literal["fast", "wall"] = "fast"
) -> Iterator[tuple[Wires, Operator]]:
    """Serve a simulated rig with the resistor and write its rig file; yield the wires to it, and its hands."""
    from app.acquisition.direct import direct_wires  # a simulated rig is slow to import
    from app.acquisition.simulated_rig import SimulationSettings, patient, served
    from app.commission.simulated_hands import SimulatedHands
    from simulators.parameters import ParameterError

    demand_writable(rig_file)
    overrides = ("fixture.kind=resistor", f"fixture.resistance_ohm={resistance_ohm:g}")
    try:
        with served(SimulationSettings(clock, overrides=overrides, faults=faults)) as (rig, text):
            write_simulated(rig_file, patient(text))
            direct = direct_wires(rig)
            yield Wires(direct.daq), SimulatedHands(rig.faults)  # the amplifier's own wire can be silent
    except ParameterError as error:
        raise FileError(str(error)) from None


def asked(question: str) -> bool:
    """Ask the user to confirm a statement."""
    return click.confirm(f"{question}?", default=False, err=True)


def tell(as_json: bool, sentence: str) -> None:
    """Print a sentence; beside JSON, as an error message."""
    click.echo(sentence, err=as_json)


def show(as_json: bool, step: Step, judgement: Judgement) -> None:
    """Print numbers, remarks and verdict of a step."""
    for number in judgement.numbers:
        tell(as_json, f"   {shown(number)}")
    for remark in judgement.remarks:
        tell(as_json, f"   {remark}")
    verdict: Any = str(judgement.verdict)
    click.secho(f"   {verdict.upper()}", fg=COLOURS[verdict], err=as_json)
