"""`hotjunction demo`: the whole chain on the simulated rig, with no hardware and no questions."""

from pathlib import Path

import click

from app.console.errors import Command
from app.console.parameter_options import unproved_option

TRACES = 700
HOLDS = 24


@click.command(cls=Command, params=[unproved_option()])
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default="demo",
    show_default=True,
    help="Folder to fill.",
)
@click.option(
    "--traces",
    type=click.IntRange(20),
    default=TRACES,
    show_default=True,
    help=f"Number of opening traces. Fewer than {TRACES} are doubled until they show the molecule.",
)
@click.option(
    "--holds", type=click.IntRange(4), default=HOLDS, show_default=True, help="Number of junctions to heat."
)
@click.option(
    "--seed", type=click.IntRange(0), default=1, show_default=True, help="Same seed, same junctions."
)
def command(out: Path, traces: int, holds: int, seed: int, unproved: str) -> None:
    """Measure junctions of a molecule on a simulated rig: conductance, I-V, heat at both polarities; then report.

    Writes to the folder: rig.toml (simulated rig), demo.toml (campaign), a recording per stage, campaign.log
    (decisions and reasons), report.html.
    """
    from app.acquisition.direct import direct_wires
    from app.acquisition.simulated_rig import patient, served
    from app.campaign.command import LOG, REPORT, runs_on_bench
    from app.campaign.decisions import Undecided
    from app.campaign.demo import campaign, comparison, settings, with_enough_traces
    from app.campaign.log import CampaignLog
    from app.campaign.run import Campaign, CampaignStopped
    from app.config.simulated_rig_file import demand_writable, is_simulated, write_simulated
    from app.config.toml import FileError
    from app.console.progress import stderr_console
    from app.report.heating_text import print_measurement
    from app.report.page import write_report

    console = stderr_console()
    there = next(out.glob("*.h5"), None) if out.is_dir() else None
    if there is not None:
        raise FileError(
            f"{there} exists; a recording is never overwritten. Choose another --out, or delete it."
        )
    demand_writable(rig_file := out / "rig.toml")
    for other in (out / "demo.toml", out / REPORT):
        if other.exists() and not is_simulated(rig_file):
            raise FileError(f"{other} exists and is not of a demo; choose another --out.")
    out.mkdir(parents=True, exist_ok=True)
    log = CampaignLog(out / LOG, lambda line: console.print(line, highlight=False))
    with served(settings(seed)) as (rig, rig_text):
        write_simulated(rig_file, patient(rig_text))
        try:
            file = campaign(out, traces, holds, seed)
            first = Campaign(file, log, runs_on_bench(file, direct_wires(rig), unproved))
            measured, recordings = with_enough_traces(first, TRACES, lambda n: campaign(out, n, holds, seed))
        except CampaignStopped as stopped:
            raise FileError(f"{stopped} What was recorded so far is in {out}.") from None
        except Undecided as undecided:
            raise FileError(str(undecided)) from None
    with console.status("Analysing and drawing the report"):
        measurement = measured.measurement(recordings)
        write_report(measurement, out / REPORT)
    print_measurement(measurement)
    for sentence in comparison(measurement, seed):
        click.echo(sentence)
    click.echo(f"Recordings: {out}\nReport:     {out / REPORT}")
