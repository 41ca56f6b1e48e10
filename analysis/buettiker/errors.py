"""Errors of floating probes that find no stationary state."""


class ProbeError(ValueError):
    """A floating probe or lead has no stationary state.

    Attributes
    ----------
    terminal : str
        Name of the probe or lead.
    """

    def __init__(self, terminal: str, reason: str) -> None:
        super().__init__(f"{terminal!r} does not settle: {reason}")
        self.terminal = terminal


class UncoupledProbe(ProbeError):
    """No coupling fixes the chemical potential of the probe."""


class RunawayProbe(ProbeError):
    """No finite temperature above zero balances the heat of the probe: its populations are inverted."""


class UnsettledProbe(ProbeError):
    """The iteration ended before the currents into the probe were balanced."""
