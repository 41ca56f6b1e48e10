"""`hotjunction commission`: the first day at a rig, step by step."""

import json
import threading
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from app.console.errors import Command
from app.console.values import Number

if TYPE_CHECKING:
    from app.commission.step import Step


@click.command(cls=Command)
@click.argument(
    "rig_file", metavar="[RIG]", type=click.Path(dir_okay=False, path_type=Path), default=Path("rig.toml")
)
@click.option(
    "--resistance",
    "resistance_ohm",
    type=Number(min=1),
    default=1e4,
    show_default=True,
    metavar="OHM",
    help="Resistor in place of the junction, 0.1 % or better.",
)
@click.option(
    "--steps", default="", metavar="LIST", help="Steps to do, such as 1-5,9. By default all of the stage."
)
@click.option(
    "--stage", type=click.IntRange(1, 2), default=1, show_default=True, help="2: also those with a surface."
)
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), help="Folder of recordings and report."
)
@click.option("--again", is_flag=True, help="Repeat steps that have passed.")
@click.option("--quick", is_flag=True, help="A rehearsal: short records, larger errors.")
@click.option(
    "--yes", is_flag=True, help="Answer yes to all questions: resistor and cables are as the steps ask."
)
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@click.option("--simulated", is_flag=True, help="Commission a simulated rig with this resistor.")
@click.option(
    "--fault",
    "faults",
    multiple=True,
    metavar="NAME",
    help="Fault of the simulated rig; see hotjunction sim.",
)
@click.option(
    "--answers", default="", metavar="LIST", help="Answers to the questions in turn, such as yes,yes,no."
)
def command(
    rig_file: Path,
    resistance_ohm: float,
    steps: str,
    stage: int,
    out: Path | None,
    again: bool,
    quick: bool,
    yes: bool,
    as_json: bool,
    simulated: bool,
    faults: tuple[str, ...],
    answers: str,
) -> None:
    """Commission the rig of RIG (rig.toml if not given): prove and measure what its file only states.

    No sample and no tip in reach: the coarse positioner is far back, and a resistor replaces the junction. The bias
    stays within 0.1 V until sign and gain are proved, the tip within 5 nm of its safe place, and a watchdog runs.
    Ctrl-C ends a step safely; the same command continues. Ends with 1 if a step fails.
    """
    from app.acquisition.open_rig import BY_ADDRESS
    from app.acquisition.ownership import owned
    from app.commission.amounts import FULL, QUICK
    from app.commission.registry import chosen
    from app.commission.report import to_json
    from app.commission.run import (
        Aborted,
        NotSafe,
        Voice,
        begun,
        commission,
        continuation,
        folder_of,
        overall,
        seconds_left,
    )
    from app.commission.session import Session
    from app.commission.terminal import asked, show, simulated_rig, tell
    from app.config.toml import FileError
    from app.console.durations import roughly
    from app.console.progress import signals_stop
    from drivers.errors import RigError

    if faults and not simulated:
        raise click.UsageError("--fault goes with --simulated")
    try:
        todo = chosen(steps, stage)
    except ValueError as error:
        raise click.UsageError(f"--steps: {error}") from None
    script = iter([word.strip().lower() in ("yes", "y") for word in answers.split(",") if word])
    stop = threading.Event()
    with ExitStack() as stack:
        wires, operator = (
            stack.enter_context(simulated_rig(rig_file, faults, resistance_ohm))
            if simulated
            else (BY_ADDRESS, None)
        )
        session = Session(rig_file, out or Path(), resistance_ohm, QUICK if quick else FULL, wires, stop)
        session.faults, session.operator = faults, operator
        if out is None:
            session.folder = folder_of(session, Path(), todo, date.today())
        folder, state = session.folder, begun(session)

        def begins(step: "Step") -> None:
            left_s = seconds_left(session, state, [one for one in todo if one.number >= step.number])
            left = f" ({roughly(left_s)} left)" if left_s else ""
            tell(as_json, f"\n{step.number}. {step.title}{left}. {step.explain}")

        voice = Voice(
            ask=lambda question: (
                next(script, yes or simulated) if answers or yes or simulated else asked(question)
            ),
            begins=begins,
            ended=lambda step, judgement: show(as_json, step, judgement),
        )
        try:
            stack.enter_context(owned(rig_file, session.rig(), "hotjunction commission", wires.daq))
        except RigError as error:
            raise FileError(str(error)) from None
        if state.steps or state.under_way:
            tell(as_json, " ".join([f"Continuing {folder}.", *continuation(state, todo)]))
        try:
            with signals_stop(stop.set, lambda sentence: click.echo(sentence, err=True)):
                commission(session, state, todo, voice, again=again)
        except Aborted:
            raise FileError(f"Stopped; the rig is safe. The same command continues in {folder}.") from None
        except NotSafe as error:
            raise FileError(str(error)) from None
    if as_json:
        click.echo(json.dumps(to_json(state), indent=2))
    else:
        click.echo(f"\n{folder / 'report.html'}: {overall(state, todo)}")
    if overall(state, todo) == "fail":
        raise SystemExit(1)
