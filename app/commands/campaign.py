"""`hotjunction campaign`: a whole programme of a molecule, that goes on where it was."""

from pathlib import Path

import click

from app.console.errors import Command


@click.command(cls=Command)
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Say what is there and what is missing; nothing moves.")
def command(file: Path, dry_run: bool) -> None:
    """Measure a histogram, I-V curves, the heat at several amplitudes, and controls, as FILE (TOML) says.

    Recordings, campaign.log (what was decided and why) and report.html go into a folder beside FILE. Ctrl-C ends it
    safely; the same command goes on where it was, also after a crash. See docs/how-to/campaign.md.
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
