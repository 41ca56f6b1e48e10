"""Sample clock of a task."""

from dataclasses import dataclass

from nidaqmx.constants import AcquisitionType, Edge

from simulators.daqmx.errors import Code, DaqError, refused_value

PFI_LINES = 16
"""Terminals for external clocks and triggers: PFI0 to PFI15. Source: NI PCI/PXI-6281 Specifications."""

MODES = (AcquisitionType.FINITE.value, AcquisitionType.CONTINUOUS.value)


@dataclass(frozen=True)
class SampleClock:
    """Sample clock of a task.

    Parameters
    ----------
    rate_Hz : float
        Samples per second and channel.
    source : str
        Terminal of the clock ("/Dev1/ai/SampleClock"); "" for the task's own. Nothing is wired to the PFI lines: a
        clock from there never ticks.
    finite : bool
        True if it ends after ``samples``.
    samples : int
        Number of samples of a finite task, else a hint for the buffer size.
    edge : int
        NI-DAQmx's number of the active edge; it has no effect.
    """

    rate_Hz: float
    source: str
    finite: bool
    samples: int
    edge: int = Edge.RISING.value

    def verify(self, kind: str) -> None:
        """Check the clock of a task of inputs ("ai") or outputs ("ao").

        Raises
        ------
        DaqError
            -200077 for an invalid value, -89120 for a source that doesn't exist or isn't simulated.
        """
        if not self.rate_Hz > 0:
            raise refused_value("DAQmx_SampClk_Rate", self.rate_Hz, "above 0")
        if self.finite and self.samples < 2:
            raise refused_value("DAQmx_SampQuant_SampPerChan", self.samples, "2 and more")
        own = terminal(self.source) in ("", "onboardclock")
        if not (own or self.external or (self.follows_inputs and kind == "ao")):
            raise unknown_terminal(self.source)

    @property
    def mode(self) -> int:
        """NI-DAQmx's number of the acquisition type."""
        return MODES[0] if self.finite else MODES[1]

    @property
    def external(self) -> bool:
        """True for a clock from outside the card."""
        return is_trigger_line(self.source)

    @property
    def follows_inputs(self) -> bool:
        """True if the source is the inputs' sample clock."""
        return terminal(self.source) == "ai/sampleclock"


def coerced_Hz(rate_Hz: float, timebase_Hz: float) -> float:
    """Return the rate that the card makes for a requested one: the timebase (0: any rate) by a whole number."""
    return timebase_Hz / max(round(timebase_Hz / rate_Hz), 1) if timebase_Hz and rate_Hz > 0 else rate_Hz


def is_trigger_line(name: str) -> bool:
    """Return True for an external terminal ("/Dev1/PFI3")."""
    line = terminal(name).rpartition("/")[2]
    return line.startswith("pfi") and line[3:].isdecimal() and int(line[3:]) < PFI_LINES


def terminal(name: str) -> str:
    """Return a terminal's name without its device, in lower case: "ai/sampleclock" for "/Dev1/ai/SampleClock"."""
    parts = name.strip("/").lower().split("/")
    return "/".join(parts[-2:]) if name.startswith("/") or len(parts) > 1 else parts[0]


def unknown_terminal(source: str) -> DaqError:
    """Return -89120, the error for an invalid source terminal."""
    details = f"Source Terminal: {source} (does not exist, or is not simulated)"
    return DaqError(Code.INVALID_ROUTING_SOURCE_TERMINAL_NAME_ROUTING, details)
