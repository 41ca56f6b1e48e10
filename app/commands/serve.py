"""`hotjunction serve`: a bench that clients attach to."""

from pathlib import Path

import click

from app.console import options
from app.console.errors import Command


@click.command(cls=Command)
@click.argument(
    "rig_file", metavar="[RIG]", type=click.Path(dir_okay=False, path_type=Path), default=Path("rig.toml")
)
@click.option("--simulated", is_flag=True, help="Serve a simulated rig that lives as long as the bench.")
@options.simulated_rig
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    help="Folder of recordings without a name of their own; the current one by default.",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to bind to.")
@click.option(
    "--connections",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of the connection file, by which clients find the bench.",
)
@click.option("--web", is_flag=True, help="Serve a page that shows the bench to a browser, read-only.")
@click.option("--web-host", default="127.0.0.1", show_default=True, help="Address of the page.")
@click.option(
    "--web-port", type=click.IntRange(0, 65535), default=0, help="Port of the page; any free one by default."
)
@click.option(
    "--camera", metavar="ADDRESS|FILE", help="Picture of a camera that looks at the rig, for the page."
)
@click.option(
    "--alerts",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="File of alerts: whom to tell of the bench (see hotjunction alerts).",
)
@click.option("--yes", is_flag=True, help="Confirm that what is set by hand is as the rig file says.")
def command(
    rig_file: Path,
    simulated: bool,
    species: str | None,
    clock: str,
    seed: int,
    parameters: Path | None,
    overrides: tuple[str, ...],
    folder: Path,
    host: str,
    connections: Path | None,
    web: bool,
    web_host: str,
    web_port: int,
    camera: str | None,
    alerts: Path | None,
    yes: bool,
) -> None:
    """Own the rig of RIG (a rig file, rig.toml if not given), run a queue of procedures, and let clients attach.

    Prints the path of the connection file. Runs continue while clients come and go. Ctrl-C ends the run safely, then
    the bench.
    """
    import threading
    from contextlib import ExitStack
    from importlib import import_module

    from app.acquisition.room import check_folder
    from app.config.toml import FileError
    from procedures.errors import ImpossibleSetting

    try:
        check_folder(folder)
    except ImpossibleSetting as error:
        raise FileError(str(error)) from None
    if not simulated:
        from app.config.calibrated_rig import load_calibrated_rig

        rig = load_calibrated_rig(
            rig_file
        )  # a mistake in it is reported before the imports, which take seconds
        from app.acquisition.declared import ask_in_terminal, confirm_declared

        confirm_declared(rig_file, rig, yes, ask_in_terminal)

    # import slow modules while the simulated rig starts
    threading.Thread(target=import_module, args=("app.server.server",), daemon=True).start()

    from app.acquisition.simulated_rig import SimulationSettings
    from app.console.memory import leave_modules_alone
    from app.console.progress import signals_stop
    from app.console.terminal import LOOK_S, output_never_waits
    from app.remote.companions import companion
    from app.server.process import announced, rig_served_by, settle_in
    from drivers.errors import RigError

    if alerts is not None:
        from app.remote.alerts.file import load_alerts

        load_alerts(alerts)  # a mistake in it is reported before the rig is touched
    if species:
        overrides = (f"sample.species={species}", *overrides)
    settings = SimulationSettings("fast" if clock == "fast" else "wall", seed, parameters, overrides)
    sentences: list[str] = []
    try:
        with output_never_waits():
            settle_in()
            with (
                rig_served_by(settings if simulated else rig_file) as served_file,
                import_module("app.server.server").BenchServer(served_file, folder, host) as server,
                announced(server.connection, connections) as path,
                signals_stop(lambda: None, sentences.append),
                ExitStack() as companions,
            ):
                click.echo(path)
                leave_modules_alone()
                for words in _companions(path, web, web_host, web_port, camera, alerts):
                    line = companions.enter_context(companion(words))
                    click.echo(line or f"hotjunction {words[0]} did not start; the bench goes on.", err=True)
                while not sentences and not server.ended.wait(LOOK_S):
                    pass
                for sentence in sentences:
                    click.echo(sentence, err=True)
    except (RuntimeError, RigError) as error:
        raise FileError(str(error)) from None
    except KeyboardInterrupt:
        click.echo("Ended.", err=True)


def _companions(
    path: Path, web: bool, host: str, port: int, camera: str | None, alerts: Path | None
) -> list[list[str]]:
    """Return the commands to run beside the bench: the page, the alerts."""
    of_page = [
        "web",
        str(path),
        "--host",
        host,
        "--port",
        str(port),
        *(["--camera", camera] if camera else []),
    ]
    of_alerts = ["alerts", str(alerts.absolute()), str(path)] if alerts is not None else []
    return [words for words in (of_page if web else [], of_alerts) if words]
