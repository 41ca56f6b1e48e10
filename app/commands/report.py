"""`hotjunction report FILE -o report.html`."""

from pathlib import Path

import click


@click.command()
@click.argument("recording", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "-o",
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Page to write; RECORDING.html if not given.",
)
def command(recording: Path, out: Path | None) -> None:
    """Write a self-contained HTML report of RECORDING: traces, histograms with fits, settings."""
    from analysis.recording import RecordingError
    from app.analysis import analyse_recording
    from app.progress import stderr_console
    from app.report.page import write_report
    from app.toml_file import FileError

    target = out or recording.with_suffix(".html")
    try:
        with stderr_console().status(f"Analysing {recording} and drawing"):
            write_report(analyse_recording(recording), target)
    except RecordingError as error:
        raise FileError(str(error)) from None
    except OSError as error:
        raise FileError(f"{target}: can't be written ({error.strerror})") from None
    click.echo(str(target))
