"""Short scans of every input terminal between the stimuli of a proof."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from analysis.preflight.scan import SCAN_RATE_Hz
from analysis.records import FloatArray
from drivers.daqmx.terminals import TerminalScan
from procedures.errors import Aborted


@dataclass(frozen=True)
class Survey:
    """Reader of all terminals.

    Parameters
    ----------
    scan : TerminalScan
    check : callable
        Called before every scan; an exception from it ends the proof.
    should_stop : callable
        True raises ``Aborted`` at the next scan.
    """

    scan: TerminalScan
    check: Callable[[], None]
    should_stop: Callable[[], bool]

    def read(self, duration_s: float, settle_s: float = 0.0) -> Mapping[str, FloatArray]:
        """Return new volts of every terminal, in the order of the scan, without those of the settling time."""
        self.check()
        if self.should_stop():
            raise Aborted
        settling = round(settle_s * SCAN_RATE_Hz)
        block = self.scan.read(settling + max(round(duration_s * SCAN_RATE_Hz), 1))
        return dict(zip(block.channels, block.data[:, settling:], strict=True))
