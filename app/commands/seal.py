"""`hotjunction seal`: add seals to copies of recordings of format 1."""

from pathlib import Path

import click

from app.console.errors import Command


@click.command(cls=Command)
@click.argument("recordings", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of the sealed copies; beside each recording if not given.",
)
def command(recordings: tuple[Path, ...], out: Path | None) -> None:
    """Add a seal to a copy, NAME-sealed.h5, of each of RECORDINGS (files, or folders of them) that has none.

    Recordings of format 1 have no seal, so a changed bit in one may stay unseen. Each is first checked as far as that
    goes without a seal; one that is damaged or unfinished is refused. From then on `hotjunction verify` finds and
    repairs changes of the copy. About the time before, the seal proves nothing, and verify says so. The originals
    are not changed. Ends with 1 if a recording could not be sealed.
    """
    from analysis.recording import RecordingError, seal
    from app.commands.verify import recording_files
    from app.console.progress import stderr_console

    refused = 0
    console = stderr_console()
    if out:
        out.mkdir(parents=True, exist_ok=True)
    for path in recording_files(recordings):
        target = (out or path.parent) / f"{path.stem}-sealed{path.suffix}"
        try:
            with console.status(f"{path.name} ..."):
                seal(path, target)
        except (RecordingError, FileExistsError, OSError) as error:
            refused += 1
            click.echo(str(error), err=True)
        else:
            click.echo(f"{target}: sealed")
    raise SystemExit(1 if refused else 0)
