"""`hotjunction web`: a page for a browser that shows a running bench."""

from pathlib import Path

import click

from app.console.errors import Command


@click.command(cls=Command)
@click.argument(
    "connection", metavar="[CONNECTION]", required=False, type=click.Path(dir_okay=False, path_type=Path)
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to bind to.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=0, help="Port of the page; any free one by default."
)
@click.option(
    "--camera", metavar="ADDRESS|FILE", help="Picture of a camera that looks at the rig, shown on the page."
)
@click.option("--with-parent", is_flag=True, hidden=True, help="End with the program that started this one.")
def command(connection: Path | None, host: str, port: int, camera: str | None, with_parent: bool) -> None:
    """Serve a page that shows a running bench to a browser, on a phone as well.

    CONNECTION is the file that `hotjunction serve` prints; without it, the newest bench of this computer. The page
    shows and commands nothing. It prints a link with a token: whoever has the link can look. Ctrl-C ends the page; the
    bench goes on.
    """
    from app.config.toml import FileError
    from app.remote.attach import attached, until_ended
    from app.server.errors import BenchError

    try:
        from app.remote.page.server import is_private, served_page
    except ImportError as error:
        raise FileError(f"The page needs the package {error.name}: pip install 'hotjunction[web]'") from None
    client, rig = attached(connection)
    try:
        with served_page(client, rig, host, port, camera) as link:
            click.echo(link)
            if not is_private(host):
                click.echo(
                    "Other computers can reach this page, and its link travels unencrypted: prefer an SSH tunnel to "
                    "127.0.0.1.",
                    err=True,
                )
            until_ended(with_parent)
    except BenchError as error:
        raise FileError(str(error)) from None
