"""Delivery of alerts through the library Apprise, in a thread of its own, with further tries.

No message of ours names an address, which may hold a password: channels are counted from 1 and named by their service.
"""

import logging
import queue
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence

import apprise

from app.config.toml import FileError
from app.console.terminal import join
from app.remote.alerts.rules import Alert

log = logging.getLogger(__name__)

TRIES_AFTER_S = 5.0, 60.0, 600.0
"""Waits before the further tries of an alert that did not get through."""

HEARTBEAT_TIMEOUT_S = 10.0


def channels(addresses: Sequence[str]) -> list[tuple[str, apprise.Apprise]]:
    """Return each channel with its name ("channel 1, ntfy"). Raises ``FileError`` for an address that is none."""
    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)  # its messages may contain addresses
    made = []
    for number, address in enumerate(addresses, start=1):
        service = address.partition("://")[0]
        channel = apprise.Apprise()
        if "://" not in address or not channel.add(address):
            raise FileError(
                f"Channel {number} of the alerts is no address that Apprise knows (it begins with {service[:12]!r}); "
                "see the list of services in its documentation."
            )
        made.append((f"channel {number}, {service}", channel))
    return made


def delivered(channel: apprise.Apprise, alert: Alert) -> bool:
    """Send an alert through one channel; return True if its service took it."""
    kind = apprise.NotifyType.FAILURE if alert.urgent else apprise.NotifyType.INFO
    return bool(channel.notify(title=alert.title, body=alert.text or alert.title, notify_type=kind))


class AlertPost:
    """Sends alerts one after the other through all channels.

    Parameters
    ----------
    to : sequence of (str, Apprise)
        As `channels` returns them.
    tries_after_s : sequence of float
    """

    def __init__(
        self, to: Sequence[tuple[str, apprise.Apprise]], tries_after_s: Sequence[float] = TRIES_AFTER_S
    ) -> None:
        self._to = to
        self._tries_after_s = tries_after_s
        self._waiting: queue.Queue[Alert | None] = queue.Queue()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._work, name="alerts", daemon=True)
        self._thread.start()

    def send(self, alert: Alert) -> None:
        """Queue an alert."""
        self._waiting.put(alert)

    def close(self) -> None:
        """Send what waits, once each, and end."""
        self._ending.set()
        self._waiting.put(None)
        join(self._thread)

    def _work(self) -> None:
        while (alert := self._waiting.get()) is not None:
            for name, channel in self._to:
                self._deliver(name, channel, alert)

    def _deliver(self, name: str, channel: apprise.Apprise, alert: Alert) -> None:
        for wait_s in (*self._tries_after_s, None):
            if delivered(channel, alert):
                return
            log.warning("An alert did not get through (%s): %s", name, alert.title)
            if wait_s is None or self._ending.wait(wait_s):
                return


def beat(address: str, opened: Callable[..., object] = urllib.request.urlopen) -> bool:
    """Ask for the address of a heartbeat; return True if it answered."""
    try:
        with opened(address, timeout=HEARTBEAT_TIMEOUT_S):  # type: ignore[attr-defined]
            return True
    except (OSError, urllib.error.URLError, ValueError):
        return False
