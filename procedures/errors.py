"""Ends of a run that are not the wished-for one; each says what to do."""


class ProcedureFault(Exception):
    """The junction or the rig is in a state with which the procedure can't go on. Ends the run safely."""


class SurfaceLost(ProcedureFault):
    """No contact where the surface was."""


class PiezoAtEnd(ProcedureFault):
    """The surface has drifted out of the piezo's range."""


class ContactNotBroken(ProcedureFault):
    """The contact held over the whole range of the piezo."""


class AmplifierRailed(ProcedureFault):
    """The current amplifier stands at its rail, so the contact can't be seen."""


class LoopBackFault(ProcedureFault):
    """A loop-back does not show what was commanded: a wire, an output or the rig file is wrong."""


class CurrentInputFault(ProcedureFault):
    """The current input does not follow the current amplifier."""


class WrongPolarity(ProcedureFault):
    """A contact carries a current of the sign opposite to the bias."""


class NoBias(ProcedureFault):
    """No bias is measured, so nothing tells a contact from a gap."""


class ContactUnclear(ProcedureFault):
    """A current was seen on the way, but nothing that counts as a contact."""


class CurrentUnproved(ProcedureFault):
    """No contact was found, and nothing in this run shows that a current would be seen."""


class NoJunction(ProcedureFault):
    """Contacts open without leaving a junction of the wanted conductance."""


class NoFixture(ProcedureFault):
    """What should stand in place of the junction is not what it was said to be."""


class TooManyTrips(ProcedureFault):
    """One junction after the other has carried too large a current."""


class ImpossibleSetting(ValueError):
    """A parameter with which the procedure can't work on this rig. Raised before anything moves.

    Parameters
    ----------
    said : str
        In a sentence.
    *about : str
        Names of the parameters that it is about; in front the one that is most likely to be changed.
    """

    def __init__(self, said: str, *about: str) -> None:
        super().__init__(said)
        self.about = about


class Aborted(Exception):
    """The user asked for the run to stop."""
