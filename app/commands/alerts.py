"""`hotjunction alerts`: tell of a bench by desktop, e-mail or chat."""

from pathlib import Path

import click

from app.console.errors import Command

EXAMPLE = """# Alerts of hotjunction. Keep this file to yourself: chmod 600 alerts.toml
# Addresses are those of Apprise; ${NAME} stands for a variable of the environment.
to = [
    "dbus://",                                          # the desktop of this computer (windows:// on Windows)
    # "mailtos://user:${MAIL_PASSWORD}@mail.example.org?to=me@example.org",
    # "ntfy://a-topic-hard-to-guess",
    # "slack://TokenA/TokenB/TokenC/#rig",
    # "mmost://mattermost.example.org/token",
]
about = ["fault", "hand", "end", "result", "silence"]   # what to tell of
most_per_hour = 20                                      # faults come through beyond it, once a minute

# [heartbeat]                                           # asked for while the bench answers; whoever
# address = "https://hc.example.org/ping/uuid"          # listens there notices silence
# every_s = 300
"""


@click.command(cls=Command)
@click.argument("file", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path))
@click.argument(
    "connection", metavar="[CONNECTION]", required=False, type=click.Path(dir_okay=False, path_type=Path)
)
@click.option("--example", is_flag=True, help="Write an example to FILE and end.")
@click.option("--test", "tests", is_flag=True, help="Send a test through every channel of FILE and end.")
@click.option("--with-parent", is_flag=True, hidden=True, help="End with the program that started this one.")
def command(file: Path, connection: Path | None, example: bool, tests: bool, with_parent: bool) -> None:
    """Tell of a running bench when a run ends or faults, needs a hand or has its result, or when the bench is silent.

    FILE names whom to tell. CONNECTION is the file that `hotjunction serve` prints; without it, the newest bench of
    this computer. Ctrl-C ends the alerts; the bench goes on.
    """
    if example:
        _write_example(file)
        return
    from app.config.toml import FileError
    from app.remote.alerts.file import load_alerts

    settings = load_alerts(file)
    try:
        from app.remote.alerts.post import channels, delivered
    except ImportError as error:
        raise FileError(f"Alerts need the package {error.name}: pip install 'hotjunction[alerts]'") from None
    from app.remote.alerts.rules import Alert

    if tests:
        test = Alert("end", "Test", "An alert of hotjunction would look like this.")
        came = {name: delivered(channel, test) for name, channel in channels(settings.to)}
        for name, sent in came.items():
            click.echo(f"{name}: {'sent' if sent else 'NOT sent'}")
        raise SystemExit(0 if all(came.values()) else 1)
    from app.remote.alerts.watch import AlertWatch
    from app.remote.attach import attached, until_ended
    from app.server.errors import BenchError

    client, rig = attached(connection)
    watch = AlertWatch(client, settings)
    try:
        watch.start()
        click.echo(f"Telling of {rig}.")
        if not until_ended(with_parent):
            watch.wait_for_silence()
    except BenchError as error:
        raise FileError(str(error)) from None
    finally:
        watch.close()


def _write_example(file: Path) -> None:
    import os

    from app.config.toml import FileError

    try:
        with os.fdopen(
            os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8"
        ) as out:
            out.write(EXAMPLE)
    except FileExistsError:
        raise FileError(f"{file} exists; it is left as it is.") from None
    except OSError as error:
        raise FileError(f"{file} can't be written: {error.strerror}") from None
    click.echo(f"Wrote {file}. Name your own addresses in it, and try them: hotjunction alerts {file} --test")
