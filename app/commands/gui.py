"""`hotjunction gui`: the window."""

from pathlib import Path

import click

from app.console.errors import Command

RIG_ENDING = ".toml"
NEWEST = "newest"


@click.command(cls=Command)
@click.argument("what", metavar="[RIG|RECORDING|FOLDER]", required=False, type=click.Path(path_type=Path))
@click.option(
    "--attach",
    is_flag=False,
    flag_value=NEWEST,
    metavar="[CONNECTION]",
    help="Show a running bench: the one of a connection file, else the newest.",
)
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    help="Folder for recordings; the current one by default.",
)
@click.option(
    "--recent",
    is_flag=False,
    flag_value=0,
    type=click.IntRange(min=0),
    metavar="[NUMBER]",
    help="List the recordings and rig files that were opened last; with a number, open that one.",
)
@click.option("--yes", is_flag=True, help="Confirm that what is set by hand is as the rig file says.")
def command(what: Path | None, attach: str | None, folder: Path, recent: int | None, yes: bool) -> None:
    """Operate a rig and watch, or replay a recording.

    Without an argument: a simulated rig. With a rig file: that rig. With a recording: replay. With a folder: its newest
    readable recording, and a list of all. A run continues when the window is closed; opened again, the window shows
    it from its start.
    """
    from app.config.toml import FileError

    if attach is not None and what is not None:
        raise click.UsageError("--attach goes without a rig file or a recording")
    if recent is not None:
        if what is not None or attach is not None:
            raise click.UsageError("--recent goes without a rig file, a recording or --attach")
        if (what := _recent(recent)) is None:
            return
    if what is not None and not what.exists():
        raise FileError(f"{what}: no such file")
    _need_a_screen()
    recording = _recording(what)
    from app.acquisition.declared import confirm_declared
    from app.config.rig import load_rig
    from app.console.terminal import output_never_waits
    from app.gui import bench_launcher as benches
    from app.gui.main import Program, run
    from app.gui.recent import RecentFiles
    from app.server.connection import bench_of

    def open_first(program: Program) -> None:
        if recording is not None:
            program.open_recording(recording)
        elif attach is not None:
            chosen = None if attach == NEWEST else Path(attach)
            found = benches.any_bench(chosen)
            program.open_rig(lambda: found)
        elif what is not None:
            if bench_of(what) is None:  # the process of a new bench has no terminal to ask on
                confirm_declared(what, load_rig(what), yes, program.ask)
            RecentFiles(program.settings, "rigs").add(what)
            program.open_rig(lambda: benches.bench_for(what, folder))
        else:
            program.open_rig(lambda: benches.simulated_bench(folder))

    with output_never_waits():  # a window whose thread waits for the terminal can't retract
        code = run(open_first)
    raise SystemExit(code)


def _recent(number: int) -> Path | None:
    """Print the recent files for number 0, else return the one of this number. Raises ``BadParameter``."""
    from app.gui.main import saved_settings
    from app.gui.recent import RecentFiles

    paths = [path for kind in ("recordings", "rigs") for path in RecentFiles(saved_settings(), kind).paths()]
    if number > len(paths):
        raise click.BadParameter(f"there are {len(paths)} recent files", param_hint="'--recent'")
    if number:
        return paths[number - 1]
    for place, path in enumerate(paths, 1):
        click.echo(f"{place:2d}  {path}")
    return None


def _recording(what: Path | None) -> Path | None:
    """Return the recording to replay; None for a rig. Raises ``FileError`` for anything else."""
    from analysis.recording import Recording, RecordingError
    from app.config.rig import load_rig
    from app.config.toml import FileError

    if what is None:
        return None
    if not what.is_dir() and what.suffix.lower() == RIG_ENDING:
        load_rig(what)
        return None
    from app.offline.recordings import find_recordings

    try:
        found = sorted(find_recordings([what]), key=lambda path: path.stat().st_mtime, reverse=True)
    except (RecordingError, OSError) as error:
        raise FileError(str(error)) from None
    why_not = []
    for path in found:
        try:
            with Recording(path):
                return path
        except RecordingError as error:  # the list in the window names a broken one, with the reason
            why_not.append(str(error))
    raise FileError(why_not[0])


def _need_a_screen() -> None:
    """Raise ``FileError`` without a screen, where Qt would abort the program."""
    import os
    import sys

    from app.config.toml import FileError

    if sys.platform.startswith("linux") and not any(
        os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    ):
        raise FileError("There is no screen here. hotjunction run and hotjunction serve work without one.")
