"""`hotjunction analyze FILE`: histogram and fit, as a table or as JSON."""

import json
from pathlib import Path

import click


@click.command()
@click.argument("recording", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.option("--starts-above", type=click.FloatRange(0), metavar="G0", help="Traces must start above this.")
@click.option("--opens-below", type=click.FloatRange(0), metavar="G0", help="Traces must fall below this.")
@click.option(
    "--molecular",
    type=(float, float),
    metavar="G0 G0",
    help="Where peaks of a molecule are sought; by default from the noise up to the metal contact.",
)
@click.option(
    "--background",
    type=click.Choice(["none", "constant", "linear"]),
    default="linear",
    show_default=True,
    help="What lies under a fitted Gaussian.",
)
def command(
    recording: Path,
    as_json: bool,
    starts_above: float | None,
    opens_below: float | None,
    molecular: tuple[float, float] | None,
    background: str,
) -> None:
    """Cut RECORDING into traces, select, count, find peaks and fit them.

    Each peak has its statistical error (bootstrap over traces) and, beside it, the spread over reasonable windows
    and backgrounds; a fit that should not be trusted says so.
    """
    from analysis.recording import RecordingError
    from app.analysis import ByHand, analyse_recording
    from app.progress import stderr_console
    from app.toml_file import FileError

    try:
        with stderr_console().status(f"Analysing {recording}"):
            analysed = analyse_recording(recording, ByHand(starts_above, opens_below, molecular, background))
    except (RecordingError, ValueError) as error:
        raise FileError(str(error)) from None
    if as_json:
        click.echo(json.dumps(analysed.to_json(), indent=2))
    else:
        from app.report.text import print_result

        print_result(analysed)
