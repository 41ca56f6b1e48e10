"""Locks of VXI-11: a link may keep a device to itself, and others wait for it or are refused."""

import threading

LOCKED_BY_OTHER, NO_LOCK_HELD, ABORTED = 11, 12, 23


class DeviceError(Exception):
    """An operation that fails with one of VXI-11's error codes."""

    def __init__(self, code: int) -> None:
        super().__init__(f"VXI-11 error {code}")
        self.code = code


class DeviceLocks:
    """Which link holds which device. Links and devices are numbers."""

    def __init__(self) -> None:
        self._owners: dict[int, int] = {}
        self._waiting: set[int] = set()
        self._aborted: set[int] = set()
        self._open = True
        self._changed = threading.Condition()

    def acquire(self, device: int, link: int, wait_s: float) -> None:
        """Take the device. Raises `DeviceError` if another link keeps it longer than ``wait_s``, or on abort.

        A link that holds it already is refused, as VXI-11 asks.
        """
        with self._changed:
            if self._owners.get(device) == link:
                raise DeviceError(LOCKED_BY_OTHER)
            self._wait_until_free(device, link, wait_s)
            self._owners[device] = link

    def check(self, device: int, link: int, wait_s: float) -> None:
        """Come back when the link may use the device. Raises as `acquire` does."""
        with self._changed:
            self._wait_until_free(device, link, wait_s)

    def release(self, device: int, link: int) -> None:
        """Give the device back. Raises `DeviceError` if the link does not hold it."""
        with self._changed:
            if self._owners.get(device) != link:
                raise DeviceError(NO_LOCK_HELD)
            del self._owners[device]
            self._changed.notify_all()

    def forget(self, link: int) -> None:
        """Give back whatever the link holds."""
        with self._changed:
            self._owners = {device: owner for device, owner in self._owners.items() if owner != link}
            self._changed.notify_all()

    def abort(self, link: int) -> None:
        """End the link's wait, if it waits."""
        with self._changed:
            self._aborted |= self._waiting & {link}
            self._changed.notify_all()

    def close(self) -> None:
        """End all waits, also those to come."""
        with self._changed:
            self._open = False
            self._changed.notify_all()

    def _wait_until_free(self, device: int, link: int, wait_s: float) -> None:
        def settled() -> bool:
            return not self._open or link in self._aborted or self._owners.get(device, link) == link

        self._waiting.add(link)
        self._changed.wait_for(settled, wait_s)
        self._waiting.discard(link)
        if link in self._aborted or not self._open:
            self._aborted.discard(link)
            raise DeviceError(ABORTED)
        if self._owners.get(device, link) != link:
            raise DeviceError(LOCKED_BY_OTHER)
