"""Faults that end a run; each message says what to do."""


class ProcedureFault(Exception):
    """The junction or the rig is in a state in which the procedure can't continue. Ends the run safely."""


class SurfaceLost(ProcedureFault):
    """No contact near the last position of the surface."""


class PiezoAtEnd(ProcedureFault):
    """The surface has drifted out of the piezo's range."""


class ContactNotBroken(ProcedureFault):
    """The contact did not break over the whole range of the piezo."""


class AmplifierRailed(ProcedureFault):
    """The current amplifier is at its rail, so a contact can't be detected, or a current flows without a bias."""


class LoopBackFault(ProcedureFault):
    """A loop-back differs from the command: a wire, an output or the rig file is wrong."""


class CurrentInputFault(ProcedureFault):
    """The current input does not follow the current amplifier."""


class CardFault(ProcedureFault):
    """The card is out of calibration, its sample clock is wrong, or it gives no numbers."""


class ThermometerFault(ProcedureFault):
    """The thermometer's preamplifier does not obey, or its thermocouple is not as it should be."""


class HeaterFault(ProcedureFault):
    """The heater's read-back does not show what it is commanded to."""


class CoarseFault(ProcedureFault):
    """The coarse positioner does not move as it should."""


class LimitReached(ProcedureFault):
    """The current, or the time at a high bias, has reached the rig's limit."""


class WrongPolarity(ProcedureFault):
    """A contact carries a current of opposite sign to the bias."""


class WrongScale(ProcedureFault):
    """Contacts of gold do not end at 1 G0, or no longer where they did: bias or current are wrong by ten."""


class NoBias(ProcedureFault):
    """No bias is measured, so a contact can't be told from a gap."""


class TooNoisy(ProcedureFault):
    """The current is so noisy that an open junction, or one in the window, would not be noticed."""


class ContactUnclear(ProcedureFault):
    """The approach measured a current but no contact."""


class CurrentUnproved(ProcedureFault):
    """No contact was found, and nothing in this run proves that a current would be measured."""


class NoJunction(ProcedureFault):
    """Contacts open without forming a junction of the wanted conductance."""


class NoFixture(ProcedureFault):
    """The fixture in place of the junction is not the one described."""


class TooManyTrips(ProcedureFault):
    """Too many junctions in a row carried too large a current."""


class ImpossibleSetting(ValueError):
    """A parameter with which the procedure can't work on this rig. Raised before anything moves.

    Parameters
    ----------
    said : str
        The message, a sentence.
    *about : str
        Names of the parameters concerned, the one most likely to be changed first.
    """

    def __init__(self, said: str, *about: str) -> None:
        super().__init__(said)
        self.about = about


class Aborted(Exception):
    """The user asked for the run to stop."""
