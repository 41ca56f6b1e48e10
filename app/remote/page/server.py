"""Server of the page; it listens on this computer only, unless another address is given."""

import ipaddress
import secrets
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from typing import Any

from waitress.server import create_server
from waitress.wasyncore import close_all

from app.config.toml import FileError
from app.remote.bench_watch import BenchWatch
from app.remote.page.application import page_application
from app.remote.page.camera import Camera
from app.remote.page.pictures import Gallery
from app.remote.page.state import page_state
from app.server.client import BenchClient

TOKEN_BYTES = 24


@contextmanager
def served_page(
    client: BenchClient, rig: str, host: str, port: int, camera: str | None = None
) -> Iterator[str]:
    """Serve the page of a bench inside the context; yield its link.

    Parameters
    ----------
    client : BenchClient
        Closed at the end.
    rig : str
        Name of the rig.
    host : str
        Address to bind to.
    port : int
        0 for any free one.
    camera : str, optional
        Address or file of a picture.

    Raises
    ------
    FileError
        If the port is taken or the address is not this computer's.
    BenchError
        If the bench does not answer.
    """
    watch = BenchWatch(client)
    try:
        watch.start()
        token = secrets.token_urlsafe(TOKEN_BYTES)
        gallery = Gallery(lambda: watch.session)
        application = page_application(
            lambda: page_state(watch, rig, datetime.now()),
            gallery.svg,
            token,
            Camera(camera) if camera else None,
        )
        channels: dict[int, Any] = {}
        server = create_server(
            application, channels, sockets=[_listening(host, port)], threads=4, ident="hotjunction"
        )
        thread = threading.Thread(target=server.run, name="page", daemon=True)
        thread.start()
        try:
            yield f"http://{_shown(host)}:{server.effective_port}/?token={token}"
        finally:
            server.trigger.pull_trigger(
                partial(close_all, channels)
            )  # in its own thread, which looks at them
            thread.join(timeout=5.0)
    finally:
        watch.close()


def is_private(host: str) -> bool:
    """Return True for an address that only this computer reaches."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _listening(host: str, port: int) -> socket.socket:
    """Return a socket on the first address of a host: a name such as localhost may have two."""
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return socket.create_server(address[:2], family=family)
    except OSError as error:
        raise FileError(f"The page can't be served on {host}, port {port}: {error.strerror}.") from None


def _shown(host: str) -> str:
    return f"[{host}]" if ":" in host else host
