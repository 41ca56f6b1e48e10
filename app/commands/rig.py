"""`hotjunction rig`: who owns a rig, and what its watchdog did; clearing of a trip, and taking over."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from app.console.errors import Command
from app.console.values import Suggesting

RIG = click.argument(
    "rig_file", metavar="[RIG]", type=click.Path(dir_okay=False, path_type=Path), default=Path("rig.toml")
)
BY = click.option("--by", required=True, metavar="NAME", help="Your name, for the log.")


@click.group(cls=Suggesting)
def command() -> None:
    """See who owns a rig and whether its watchdog has tripped; clear a trip, take over from an owner that has ended."""


@command.command(cls=Command)
@RIG
def status(rig_file: Path) -> None:
    """Say who owns the rig and whether a trip of its watchdog holds it. Moves nothing. Ends with 1 if one does."""
    from app.acquisition.ownership import present_owner
    from app.acquisition.watchdog.latch import held
    from app.config.rig import load_rig

    rig = load_rig(rig_file)
    with _in_words():
        click.echo(present_owner(rig_file, rig) or f"Rig {rig.daq.device} has no owner.")
    trip = held(rig_file, rig)
    click.echo(trip or "No trip of the watchdog holds it.")
    if trip:
        raise SystemExit(1)


@command.command(cls=Command)
@RIG
@BY
@click.option("--yes", is_flag=True, help="Confirm that you have looked at the tip and the last recording.")
def clear(rig_file: Path, by: str, yes: bool) -> None:
    """Clear a trip of the watchdog: make the rig safe, read the loop-backs, and let runs start again."""
    from app.acquisition.ownership import owned
    from app.acquisition.watchdog import latch
    from app.config.rig import load_rig

    rig = load_rig(rig_file)
    trip = latch.held(rig_file, rig)
    if trip:
        click.echo(trip)
        question = "Have you looked at the tip and the last recording?"
        if not (yes or click.confirm(question)):
            raise click.Abort
    with _in_words(), owned(rig_file, rig, "hotjunction rig clear"):
        done = latch.clear(rig_file, rig, by)
    click.echo(f"Cleared by {by}: {done}.")


@command.command("take-over", cls=Command)
@RIG
@BY
def take_over(rig_file: Path, by: str) -> None:
    """Take a rig from an owner that has ended: make it safe, read it back, and give it free."""
    from app.acquisition import ownership
    from app.config.rig import load_rig

    with _in_words():
        click.echo(ownership.take_over(rig_file, load_rig(rig_file), by))


@command.command("make-safe", cls=Command)
def make_safe() -> None:
    """Make every rig safe that was left by its bench and its watchdog, as after a power cut; let the trips stand.

    For the start of the computer: see docs/explanation/safety.md.
    """
    from app.acquisition.watchdog.latch import restore_all

    for sentence in restore_all():
        click.echo(sentence)


@contextmanager
def _in_words() -> Iterator[None]:
    from app.config.toml import FileError
    from drivers.errors import RigError

    try:
        yield
    except RigError as error:
        raise FileError(str(error)) from None
