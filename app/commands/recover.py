"""`hotjunction recover`: finish the recording of a killed program."""

from pathlib import Path

import click

from app.console.errors import Command


@click.command(cls=Command)
@click.argument("recording", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="New file; RECORDING-recovered.h5 if not given.",
)
def command(recording: Path, out: Path | None) -> None:
    """Copy all saved data of RECORDING, or of its log, to a new, finished file. RECORDING is not changed.

    The other commands read an interrupted recording as it is; this makes it smaller and readable for all programs.
    """
    from analysis.recording import RecordingError, recover
    from analysis.recording.run_log import SUFFIX
    from app.config.toml import FileError

    name = recording.with_suffix("") if recording.suffix == SUFFIX else recording
    target = out or name.with_name(f"{name.stem}-recovered{name.suffix}")
    try:
        samples = recover(recording, target)
    except (FileExistsError, RecordingError) as error:
        raise FileError(str(error)) from None
    click.echo(f"{target}: {samples} samples a channel")
