"""A bias that somebody sets by hand while no run is on: on a tip that is back, and with a guardian."""

from contextlib import ExitStack
from pathlib import Path

from app.guardian import Guardian
from app.rig import Rig
from drivers.errors import InstrumentLost, RigError
from drivers.ni6281 import NI6281


class BiasByHand:
    """At most one bias at a time. For one thread.

    Parameters
    ----------
    rig_file : Path
        For the guardian.
    """

    def __init__(self, rig_file: Path) -> None:
        self._rig_file = rig_file
        self._on: tuple[NI6281, Rig, Guardian] | None = None
        self._stack = ExitStack()

    def put(self, daq: NI6281, rig: Rig, bias_V: float) -> None:
        """Take the tip back and put out a bias; 0 V ends it.

        Raises
        ------
        RigError, RuntimeError
            There is no bias then, or a guardian goes on taking it away.
        """
        self.end()
        daq.to_safe({"z": rig.safe.z_V}, rig.safe.within_s)
        if bias_V == 0:
            return
        guardian = self._stack.enter_context(Guardian(self._rig_file))
        self._on = daq, rig, guardian
        try:
            guardian.wait_until_ready()
            guardian.arm()
            daq.write(bias=bias_V)
        except (RigError, RuntimeError):
            self.end()
            raise

    def check(self) -> str:
        """Look if the guardian is there; end a bias that has none. Returns what was done, "" for nothing.

        Raises
        ------
        RigError
            If the guardian has gone and the bias could not be taken away; a new guardian goes on with it.
        """
        if self._on is None or not self._on[2].gone:
            return ""
        self.end()
        return "The guardian has gone; the bias set by hand was taken away"

    def end(self) -> None:
        """Take the bias away. Raises ``RigError``; the guardian goes on with it then."""
        if self._on is None:
            return
        (daq, rig, guardian), self._on = self._on, None
        with self._stack:
            try:
                daq.to_safe({"z": rig.safe.z_V}, rig.safe.within_s)
            except RigError as error:
                raise InstrumentLost(f"NOT SAFE: {error} {guardian.stay()}") from error
            guardian.dismiss()
