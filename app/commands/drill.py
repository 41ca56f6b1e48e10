"""`hotjunction drill`: what can go wrong, done on purpose, to see that the rig becomes safe."""

import json
import threading
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from app.console.errors import Command

if TYPE_CHECKING:
    from app.commission.step import Step


@click.command(cls=Command)
@click.argument(
    "rig_file", metavar="[RIG]", type=click.Path(dir_okay=False, path_type=Path), default=Path("rig.toml")
)
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="Folder of the report.")
@click.option(
    "--kills", type=click.IntRange(1, 1000), default=5, show_default=True, help="Programs that are killed."
)
@click.option(
    "--yes", is_flag=True, help="Answer yes to all questions: the tip is back, the cable is pulled."
)
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@click.option("--simulated", is_flag=True, help="Drill on a simulated rig.")
def command(rig_file: Path, out: Path | None, kills: int, yes: bool, as_json: bool, simulated: bool) -> None:
    """See on the rig of RIG (rig.toml if not given) that it becomes safe, whatever dies, and how fast.

    No sample and no tip in reach: move the coarse positioner far back, or put a resistor in place of the junction. The
    tip is retracted, the bias 0.1 V. Programs that hold the bias are killed and suspended, the watchdog is killed, and
    you are asked to pull the cable to the card. The loop-back of the bias says when the bias is gone. Ends with 1 if
    the rig did not become safe in time.
    """
    from dataclasses import replace

    from app.acquisition.open_rig import BY_ADDRESS
    from app.acquisition.ownership import owned
    from app.commission.amounts import FULL
    from app.commission.drill import STEPS, drill
    from app.commission.report import to_json
    from app.commission.run import Aborted, NotSafe, Voice, overall
    from app.commission.session import Session
    from app.commission.terminal import asked, show, simulated_rig, tell
    from app.config.toml import FileError
    from app.console.progress import signals_stop
    from drivers.errors import RigError

    stop = threading.Event()
    folder = out or Path(f"drill-{datetime.now():%Y-%m-%d-%H%M%S}")

    def begins(step: "Step") -> None:
        tell(as_json, f"\n{step.number}. {step.title}. {step.explain}")

    with ExitStack() as stack:
        wires, operator = (
            stack.enter_context(simulated_rig(rig_file, (), 1e4, "wall")) if simulated else (BY_ADDRESS, None)
        )
        session = Session(rig_file, folder, 0.0, replace(FULL, kills=kills), wires, stop)
        session.operator = operator
        voice = Voice(
            ask=lambda question: yes or simulated or asked(question),
            begins=begins,
            ended=lambda step, judgement: show(as_json, step, judgement),
        )
        try:
            stack.enter_context(owned(rig_file, session.rig(), "hotjunction drill", wires.daq))
            with signals_stop(stop.set, lambda sentence: click.echo(sentence, err=True)):
                state = drill(session, voice)
        except Aborted:
            raise FileError("Stopped; the rig is safe.") from None
        except (NotSafe, RigError) as error:
            raise FileError(str(error)) from None
    verdict = overall(state, STEPS.values())
    if as_json:
        click.echo(json.dumps(to_json(state), indent=2))
    else:
        click.echo(f"\n{folder / 'report.html'}: {verdict}")
    if verdict == "fail":
        raise SystemExit(1)
