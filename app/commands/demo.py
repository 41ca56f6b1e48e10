"""`hotjunction demo`: the whole chain on the simulated rig, with no hardware and no questions."""

from pathlib import Path

import click

TRACES = 1200


@click.command()
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default="demo",
    show_default=True,
    help="Folder to fill.",
)
@click.option(
    "--traces", type=click.IntRange(20), default=TRACES, show_default=True, help="Opening traces to take."
)
@click.option(
    "--seed", type=click.IntRange(0), default=1, show_default=True, help="Same seed, same junctions."
)
def command(out: Path, traces: int, seed: int) -> None:
    """Measure break junctions of a molecule between gold on a simulated rig, record, analyse, and report.

    Leaves in the folder: rig.toml (of the simulated rig), demo.h5 (the recording), report.html.
    """
    import threading

    from app.bench import Observer
    from app.demo import measure, nearest
    from app.measurement import analyse_measurement
    from app.progress import RunProgress, ctrl_c_stops, stderr_console
    from app.report.heating_text import print_measurement
    from app.report.numbers import rounded
    from app.report.page import write_report
    from app.toml_file import FileError

    console = stderr_console()
    recording, report = out / "demo.h5", out / "report.html"
    if recording.exists():
        raise FileError(
            f"{recording} exists; a recording is never overwritten. Choose another --out, or delete it."
        )
    out.mkdir(parents=True, exist_ok=True)
    stop = threading.Event()
    with RunProgress("break junctions", traces, console) as progress, ctrl_c_stops(stop.set, console):
        observer = Observer(event=lambda event: progress.advance() if event.name == "trace" else None)
        summary, told = measure(out, traces, seed, observer, stop)
    if summary.end.status == "fault":
        raise FileError(summary.end.reason)
    if not summary.traces:
        raise FileError("Stopped before the first trace; nothing to report.")
    with console.status("Analysing and drawing the report"):
        measurement = analyse_measurement([recording])
        write_report(measurement, report)
    print_measurement(measurement)
    for name, told_G0 in told.items():
        peak = nearest(told_G0, measurement.histogram.analysis.peaks if measurement.histogram else ())
        if peak is None:
            click.echo(
                f"{name}: the world was told {told_G0:g} G0; no peak to be trusted yet, take more traces"
            )
            continue
        found, error = rounded(peak.conductance_G0, peak.uncertainty_G0)
        off = 100 * (peak.conductance_G0 / told_G0 - 1)
        click.echo(f"{name}: the world was told {told_G0:g} G0, found {found} ± {error} G0 ({off:+.1f} %)")
    click.echo(f"Recording: {recording}\nReport:    {report}")
