"""When a task takes or puts out samples."""

from dataclasses import dataclass

from nidaqmx.constants import AcquisitionType, Edge

from simulators.daq_errors import Code, DaqError, refused_value

_MODES = (AcquisitionType.FINITE.value, AcquisitionType.CONTINUOUS.value)


@dataclass(frozen=True)
class SampleClock:
    """When a task takes or puts out samples.

    Parameters
    ----------
    rate_Hz : float
        Samples a second and channel.
    source : str
        Terminal of the clock ("/Dev1/ai/SampleClock"); "" is the task's own.
    finite : bool
        Whether it ends after ``samples``.
    samples : int
        Of a finite task; else a hint for the size of the buffer.
    edge : int
        NI-DAQmx's number of the active edge; without effect.
    """

    rate_Hz: float
    source: str
    finite: bool
    samples: int
    edge: int = Edge.RISING.value

    @classmethod
    def checked(
        cls, kind: str, rate_Hz: float, source: str, edge: int, mode: int, samples: int
    ) -> "SampleClock":
        """Build one for a task of inputs ("ai") or outputs ("ao") from what NI-DAQmx is told.

        Raises
        ------
        DaqError
            -200077 for an impossible value, -89120 for a source that doesn't exist or isn't simulated.
        """
        if mode not in _MODES:
            raise refused_value("DAQmx_SampQuant_SampMode", mode, "finite, continuous")
        if not rate_Hz > 0:
            raise refused_value("DAQmx_SampClk_Rate", rate_Hz, "above 0")
        if mode == AcquisitionType.FINITE.value and samples < 2:
            raise refused_value("DAQmx_SampQuant_SampPerChan", samples, "2 and more")
        clock = cls(rate_Hz, source, mode == AcquisitionType.FINITE.value, samples, edge)
        if terminal(source) not in ("", "onboardclock") and not (clock.follows_inputs and kind == "ao"):
            raise unknown_terminal(source)
        return clock

    @property
    def mode(self) -> int:
        """Get NI-DAQmx's number of the acquisition's or generation's kind."""
        return _MODES[0] if self.finite else _MODES[1]

    @property
    def follows_inputs(self) -> bool:
        """Whether the source is the inputs' sample clock."""
        return terminal(self.source) == "ai/sampleclock"


def terminal(name: str) -> str:
    """Get a terminal's name without its device, in lower case: "/Dev1/ai/SampleClock" is "ai/sampleclock"."""
    parts = name.strip("/").lower().split("/")
    return "/".join(parts[-2:]) if name.startswith("/") or len(parts) > 1 else parts[0]


def unknown_terminal(source: str) -> DaqError:
    """Build -89120: a terminal from which nothing can come."""
    details = f"Source Terminal: {source} (not there, or not simulated)"
    return DaqError(Code.INVALID_ROUTING_SOURCE_TERMINAL_NAME_ROUTING, details)
