"""Picture of a camera that looks at the rig: an address of a network camera, or a file that another program writes."""

import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

TIMEOUT_S = 3.0
KEPT_S = 1.0
MOST_BYTES = 8_000_000
KINDS = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG": "image/png", b"GIF8": "image/gif"}
"""First bytes of the pictures that a browser shows."""


class CameraError(Exception):
    """The camera gave no picture; the message says why."""


class Camera:
    """Source of one picture, asked at most once a second however many look.

    Parameters
    ----------
    source : str
        "http://..." or "https://...", or the path of a file.
    """

    def __init__(self, source: str, now: Callable[[], float] = time.monotonic) -> None:
        self._source = source
        self._now = now
        self._lock = threading.Lock()
        self._seen_s = -float("inf")
        self._content = b""

    def picture(self) -> tuple[bytes, str]:
        """Return the newest picture and its type. Raises `CameraError`."""
        with self._lock:
            if self._now() - self._seen_s >= KEPT_S:
                self._content = self._fetched()
                self._seen_s = self._now()
            content = self._content
        for start, kind in KINDS.items():
            if content.startswith(start):
                return content, kind
        raise CameraError("The camera's answer is not a JPEG, PNG or GIF picture.")

    def _fetched(self) -> bytes:
        try:
            if self._source.startswith(("http://", "https://")):
                with urllib.request.urlopen(self._source, timeout=TIMEOUT_S) as answer:
                    content: bytes = answer.read(MOST_BYTES + 1)
            else:
                with Path(self._source).open("rb") as file:
                    content = file.read(MOST_BYTES + 1)
        except (OSError, urllib.error.URLError, ValueError) as error:
            reason = getattr(error, "reason", None) or getattr(error, "strerror", None) or error
            raise CameraError(f"The camera gives no picture: {reason}") from None
        if len(content) > MOST_BYTES:
            raise CameraError(f"The camera's picture has more than {MOST_BYTES // 1_000_000} MB.")
        return content
