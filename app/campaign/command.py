"""A campaign at a terminal: progress, Ctrl-C, log, report."""

from pathlib import Path

import click
from rich.console import Console

from analysis.recording import RecordingError
from app.acquisition.bench import Bench, RunSummary
from app.acquisition.open_rig import BY_ADDRESS, Wires
from app.acquisition.run_in_terminal import run_shown
from app.campaign.decisions import Undecided
from app.campaign.file import CampaignFile
from app.campaign.log import CampaignLog
from app.campaign.programme import stage_progress
from app.campaign.run import Campaign, CampaignStopped, RunStage
from app.campaign.stages import Stage
from app.config.toml import FileError
from app.console.progress import stderr_console
from procedures.procedure import RigProcedure

LOG, REPORT = "campaign.log", "report.html"


def run_campaign(file: CampaignFile, unproved: str = "") -> None:
    """Run the missing parts of a campaign and write the report; ``unproved`` as for `Bench`.

    Raises
    ------
    FileError
        If the campaign stops; the message gives the reason.
    """
    console = stderr_console()
    log = CampaignLog(file.folder / LOG, lambda line: console.print(line, highlight=False))
    campaign = Campaign(file, log, runs_on_bench(file, unproved=unproved))
    try:
        recordings = campaign.run()
        _report(campaign, recordings, file.folder / REPORT, console)
    except CampaignStopped as stopped:
        raise FileError(f"{stopped} Run the same command again to resume.") from None
    except Undecided as stopped:
        raise FileError(str(stopped)) from None
    except RecordingError as error:
        raise FileError(str(error)) from None
    click.echo(f"Recordings and log: {file.folder}\nReport:             {file.folder / REPORT}")


def tell_campaign(file: CampaignFile) -> None:
    """Print the recorded and wanted cycles of each stage. Raises ``FileError`` for a broken recording."""
    try:
        for name, there, wanted in stage_progress(file):
            click.echo(f"{name:32} {there:6} of {wanted}")
    except RecordingError as error:
        raise FileError(str(error)) from None


def runs_on_bench(file: CampaignFile, wires: Wires = BY_ADDRESS, unproved: str = "") -> RunStage:
    """Return a function that runs stages on the rig of the file, with progress on the terminal.

    Ctrl-C ends a stage safely.
    """

    def run_stage(stage: Stage, rest: RigProcedure, out: Path) -> RunSummary:
        notes = f"Campaign, stage {stage.name}. {file.notes}".strip()
        bench = Bench(file.rig, wires=wires, unproved=unproved)
        _, summary = run_shown(lambda: rest, bench, out, file.sample, notes)
        return summary

    return run_stage


def _report(campaign: Campaign, recordings: list[Path], out: Path, console: Console) -> None:
    from app.report.page import write_report

    with console.status("Analysing and drawing the report"):
        write_report(campaign.measurement(recordings), out)
