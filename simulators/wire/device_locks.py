"""Locks of VXI-11: a link may lock a device, while others wait for it or are refused."""

import threading

LOCKED_BY_OTHER, NO_LOCK_HELD, ABORTED = 11, 12, 23


class DeviceError(Exception):
    """Failed operation, with its VXI-11 error code."""

    def __init__(self, code: int) -> None:
        super().__init__(f"VXI-11 error {code}")
        self.code = code


class DeviceLocks:
    """Table of the devices and the links that lock them, all by number."""

    def __init__(self) -> None:
        self._owners: dict[int, int] = {}
        self._waiting: set[int] = set()
        self._aborted: set[int] = set()
        self._open = True
        self._changed = threading.Condition()

    def acquire(self, device: int, link: int, wait_s: float) -> None:
        """Lock the device. Raises `DeviceError` if another link holds it longer than ``wait_s``, or on abort.

        A link that holds it already is refused, as VXI-11 requires.
        """
        with self._changed:
            if self._owners.get(device) == link:
                raise DeviceError(LOCKED_BY_OTHER)
            self._wait_until_free(device, link, wait_s)
            self._owners[device] = link

    def check(self, device: int, link: int, wait_s: float) -> None:
        """Wait until the link may use the device. Raises the same errors as `acquire`."""
        with self._changed:
            self._wait_until_free(device, link, wait_s)

    def release(self, device: int, link: int) -> None:
        """Unlock the device. Raises `DeviceError` if the link does not hold it."""
        with self._changed:
            if self._owners.get(device) != link:
                raise DeviceError(NO_LOCK_HELD)
            del self._owners[device]
            self._changed.notify_all()

    def forget(self, link: int) -> None:
        """Unlock all devices that the link holds."""
        with self._changed:
            self._owners = {device: owner for device, owner in self._owners.items() if owner != link}
            self._changed.notify_all()

    def abort(self, link: int) -> None:
        """End the link's wait, if it is waiting."""
        with self._changed:
            self._aborted |= self._waiting & {link}
            self._changed.notify_all()

    def close(self) -> None:
        """End all present and future waits."""
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
