"""What can go wrong where probes settle by themselves."""


class ProbeError(ValueError):
    """A probe, or a lead that floats, has no state to settle in.

    Attributes
    ----------
    terminal : str
        Name of the one that does not settle.
    """

    def __init__(self, terminal: str, reason: str) -> None:
        super().__init__(f"{terminal!r} does not settle: {reason}")
        self.terminal = terminal


class UncoupledProbe(ProbeError):
    """Nothing that could fix its chemical potential reaches it."""


class RunawayProbe(ProbeError):
    """No finite temperature above zero balances its heat: the states that it sees are inverted."""


class UnsettledProbe(ProbeError):
    """The iteration ended before the currents into it were balanced."""
