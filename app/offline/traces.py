"""Choices of the user for the analysis of traces, and its result together with its recording."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from analysis.recording import RunHeader
from analysis.traces.options import AnalysisOptions, OptionsFor
from analysis.traces.read import calibration_of
from analysis.traces.result import Analysis
from analysis.traces.selection import SelectionRules

BOOTSTRAP_SEED = 0
"""Fixed, so that the same file always gives the same errors."""


@dataclass(frozen=True, eq=False)
class Analysed:
    """Recording with its header, its status and the analysis of its traces.

    ``paths`` are all recordings of the set, ``copies`` sentences about traces that are in several of them.
    """

    path: Path
    header: RunHeader
    status: str
    n_samples: int
    gaps: int
    analysis: Analysis
    paths: tuple[Path, ...] = ()
    copies: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the content for JSON: the recording, then the result."""
        header = self.header
        return {
            "recording": {
                "file": self.path.name,
                "status": self.status,
                "procedure": header.procedure,
                "sample": header.sample,
                "started": header.started,
                "samples": self.n_samples,
                "gaps": self.gaps,
                "unknown": list(header.unknowns),
            },
            **self.analysis.to_json(),
        }


@dataclass(frozen=True)
class ByHand:
    """The user's choices in place of automatic ones; None is automatic."""

    starts_above_G0: float | None = None
    opens_below_G0: float | None = None
    molecular_G0: tuple[float, float] | None = None
    background: str = "linear"


def options_for(
    header: RunHeader, by_hand: ByHand = ByHand(), base: AnalysisOptions | None = None
) -> OptionsFor:
    """Return the options for the traces of a recording, as a function of the usual rules for them.

    Parameters
    ----------
    header : RunHeader
        Gives the conductance to which contacts were closed, and without ``base`` the calibration.
    by_hand : ByHand
    base : AnalysisOptions, optional
        Options to complete; what they decide stays, rules included.

    Raises
    ------
    RecordingError
        Without ``base``, as `analysis.traces.read.calibration_of` does.
    """
    base = base or AnalysisOptions(calibration=calibration_of(header))
    contact_G0 = header.parameters.get("contact_threshold_G0", header.settings.get("engage_threshold_G0"))
    options = replace(
        base,
        background=by_hand.background if by_hand.background != "linear" else base.background,
        molecular_G0=by_hand.molecular_G0 or base.molecular_G0,
        contact_G0=base.contact_G0 if base.contact_G0 is not None else contact_G0,
    )

    def for_rules(usual: SelectionRules) -> AnalysisOptions:
        if options.rules is not None:
            return options
        starts_G0, opens_G0 = by_hand.starts_above_G0, by_hand.opens_below_G0
        rules = replace(
            usual,
            starts_above_G0=usual.starts_above_G0 if starts_G0 is None else starts_G0,
            opens_below_G0=usual.opens_below_G0 if opens_G0 is None else opens_G0,
        )
        return replace(options, rules=rules)

    return for_rules
