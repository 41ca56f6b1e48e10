"""`hotjunction campaign`: the whole measurement programme of a molecule, resumable after interruptions."""

from pathlib import Path

import click

from app.console.errors import Command


@click.command(cls=Command)
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Print what is recorded and what is missing; move nothing.")
def command(file: Path, dry_run: bool) -> None:
    """Measure a histogram, I-V curves, the heat at several amplitudes, and controls, as described by FILE (TOML).

    Recordings, campaign.log (decisions and reasons) and report.html go into a folder beside FILE. Ctrl-C ends it
    safely; the same command resumes it, also after a crash. See docs/how-to/campaign.md.
    """
    from app.campaign.command import run_campaign, tell_campaign
    from app.campaign.file import load_campaign
    from app.campaign.programme import checked

    campaign = load_campaign(file)
    checked(campaign)
    if dry_run:
        tell_campaign(campaign)
    else:
        run_campaign(campaign)
