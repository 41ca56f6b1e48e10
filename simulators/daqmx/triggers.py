"""Triggers of a task: what NI-DAQmx keeps of them, and which the simulated card can wait for.

Nothing is wired to the card's PFI and APFI terminals: a task that waits for one of them waits until the card is given
an edge (`Card.fire`), or for ever. A reference trigger is kept, and refused when the task is verified.
"""

from dataclasses import dataclass

from nidaqmx.constants import Edge, Slope, TriggerType, WindowTriggerCondition1

from simulators.daqmx.errors import Code, DaqError
from simulators.daqmx.timing import is_trigger_line, terminal, unknown_terminal

ANALOGUE_LINE = "apfi0"
"""Only terminal of the NI 6281 for an analogue trigger. Source: M Series User Manual, "Analog Triggering"."""

ANALOGUE = TriggerType.ANALOG_EDGE.value, TriggerType.ANALOG_WINDOW.value
KINDS = (TriggerType.NONE.value, TriggerType.DIGITAL_EDGE.value, *ANALOGUE)


@dataclass
class Trigger:
    """Trigger as it is set, with NI-DAQmx's defaults; numbers are those of NI-DAQmx's enumerations.

    Parameters
    ----------
    kind : int
        Type of the trigger, one of `KINDS`.
    source : str
        Terminal: "/Dev1/PFI3", "APFI0", "/Dev1/ao/StartTrigger".
    edge, slope, when : int
        Edge of a digital signal, slope of an analogue one, and on which side of a window it triggers.
    level_V, top_V, bottom_V : float
        Level of an analogue edge; limits of a window.
    pretrigger_samples : int
        Samples before a reference trigger.
    """

    kind: int = TriggerType.NONE.value
    source: str = ""
    edge: int = Edge.RISING.value
    slope: int = Slope.RISING.value
    when: int = WindowTriggerCondition1.ENTERING_WINDOW.value
    level_V: float = 0.0
    top_V: float = 0.0
    bottom_V: float = 0.0
    pretrigger_samples: int = 2

    @property
    def is_set(self) -> bool:
        """True if the task has this trigger."""
        return self.kind != TriggerType.NONE.value

    def verify(self, own_kind: str) -> None:
        """Check the source for a task of inputs ("ai") or outputs ("ao"). Raises -89120 for an unknown one."""
        name = terminal(self.source)
        if self.kind in ANALOGUE:
            known = name.rpartition("/")[2] == ANALOGUE_LINE
        else:
            other = "ao" if own_kind == "ai" else "ai"
            known = name == f"{other}/starttrigger" or is_trigger_line(self.source)
        if self.is_set and not known:
            raise unknown_terminal(self.source)

    def refuse_as_reference(self) -> None:
        """Raise -200452 if this is a reference trigger that a task is to use."""
        if self.is_set:
            details = "Property: DAQmx_RefTrig_Type\nReference triggers are not simulated."
            raise DaqError(Code.ATTRIBUTE_NOT_SUPPORTED_IN_TASK_CONTEXT, details)
