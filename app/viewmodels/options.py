"""Options of the user for the evaluation of a run; the defaults are automatic."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from analysis.heating.heating import HeatingOptions
from analysis.iv.mean import CurveRules
from analysis.json_data import to_json
from analysis.recording import RunHeader
from analysis.traces.options import AnalysisOptions, OptionsFor
from app.offline.traces import ByHand, options_for
from app.viewmodels.signals import known_calibration

if TYPE_CHECKING:
    from analysis.heating.junction_model import JunctionModel


@dataclass(frozen=True)
class SessionOptions:
    """Options that affect results, not display.

    Parameters
    ----------
    traces : ByHand
        Selection rules, and range of molecular peaks.
    histogram : AnalysisOptions
        Axes, ranges, bootstrap; its ``rules``, if given, override those of ``traces``.
    curves : CurveRules
        Selection of I-V curves.
    heating : HeatingOptions
        Exclusions, masks, mains, bootstrap.
    model : JunctionModel or None
        Transmission of an earlier I-V or of a model file, instead of a fit.
    probe_coupling_eV : float
        Width of the level due to the probe in models with probes; 0 omits them.
    """

    traces: ByHand = field(default_factory=ByHand)
    histogram: AnalysisOptions = field(default_factory=AnalysisOptions)
    curves: CurveRules = field(default_factory=CurveRules)
    heating: HeatingOptions = field(default_factory=HeatingOptions)
    model: "JunctionModel | None" = None
    probe_coupling_eV: float = 0.01

    def for_traces_of(self, header: RunHeader) -> OptionsFor:
        """Return the options of the histogram for a recording."""
        base = replace(self.histogram, calibration=self.histogram.calibration or known_calibration(header))
        return options_for(header, self.traces, base)

    def to_json(self) -> Mapping[str, Any]:
        """Return the options for the saved analysis."""
        return to_json(
            {
                "traces": {
                    "starts_above_G0": self.traces.starts_above_G0,
                    "opens_below_G0": self.traces.opens_below_G0,
                    "molecular_G0": self.traces.molecular_G0,
                    "background": self.traces.background,
                },
                "histogram": {
                    "metallic_G0": self.histogram.metallic_G0,
                    "break_G0": self.histogram.break_G0,
                    "resamples": self.histogram.resamples,
                },
                "curves": vars(self.curves),
                "heating": {
                    "exclusions": vars(self.heating.evaluation.rules),
                    "mask_samples": self.heating.evaluation.mask_samples,
                    "first_periods": self.heating.evaluation.first_periods,
                    "lines_Hz": self.heating.evaluation.lines_Hz,
                    "resamples": self.heating.resamples,
                },
                "model": self.model.source if self.model is not None else None,
                "probe_coupling_eV": self.probe_coupling_eV,
            }
        )
