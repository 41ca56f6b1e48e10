"""`hotjunction campaign`: the whole measurement programme of a molecule, resumable after interruptions."""

from pathlib import Path

import click

from app.console.errors import Command
from app.console.parameter_options import unproved_option


@click.command(cls=Command, params=[unproved_option()])
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Print what is recorded and what is missing; move nothing.")
@click.option("--yes", is_flag=True, help="Confirm that what is set by hand is as the rig file says.")
def command(file: Path, dry_run: bool, yes: bool, unproved: str) -> None:
    """Measure a histogram, I-V curves, the heat at several amplitudes, and controls, as described by FILE (TOML).

    Recordings, campaign.log (decisions and reasons) and report.html go into a folder beside FILE. Ctrl-C ends it
    safely; the same command resumes it, also after a crash. See docs/how-to/campaign.md.
    """
    from app.campaign.command import run_campaign, tell_campaign
    from app.campaign.file import load_campaign
    from app.campaign.programme import checked
    from app.config.calibrated_rig import load_calibrated_rig

    campaign = load_campaign(file)
    rig = None if dry_run and not campaign.rig.exists() else load_calibrated_rig(campaign.rig)
    checked(campaign, rig)
    if dry_run:
        tell_campaign(campaign)
        if rig is None:
            click.echo(f"{campaign.rig}: no such file; the stages were checked without a rig.", err=True)
    else:
        from app.acquisition.declared import ask_in_terminal, confirm_declared
        from app.config.rig import load_rig

        confirm_declared(campaign.rig, load_rig(campaign.rig), yes, ask_in_terminal)
        run_campaign(campaign, unproved)
