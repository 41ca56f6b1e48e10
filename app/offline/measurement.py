"""The analysis of a measurement: one recording, or the histogram, I-V, heating and controls of a whole campaign."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from analysis.heating.comparison import HeatingComparison, compare
from analysis.heating.heating import HeatingAnalysis
from analysis.heating.junction_model import JunctionModel
from analysis.iv.mean import MeanIV
from analysis.json_data import to_json
from analysis.statistics.result import StatisticResult
from analysis.thermoelectric.ac_run import ACAnalysis
from analysis.thermoelectric.noise_run import NoiseAnalysis
from analysis.thermoelectric.openings import OpeningAnalysis
from analysis.thermoelectric.peltier_json import peltier_json
from analysis.thermoelectric.peltier_run import PeltierAnalysis
from analysis.thermoelectric.thermal_conductance import ThermalConductanceAnalysis
from analysis.thermoelectric.thermal_conductance_json import thermal_conductance_json
from analysis.thermoelectric.thermopower import ThermopowerAnalysis
from analysis.thermoelectric.thermopower_json import thermopower_json
from app.offline.expected_errors import ErrorComparison
from app.offline.joint_fit import JointFit, joint_fit
from app.offline.peltier import measured_seebeck
from app.offline.recordings import Part
from app.offline.tasks import Failure
from app.offline.traces import Analysed


@dataclass(frozen=True, eq=False)
class Measurement:
    """Analysis of a measurement; a result without recordings is None.

    Parameters
    ----------
    parts : tuple of Part
        The recordings, by the time at which they began.
    histogram : Analysed or None
        Traces of all break-junction recordings together.
    iv : MeanIV or None
    heating : HeatingAnalysis or None
        Of all recordings of heating and its controls.
    transmission : JunctionModel or None
        Given by hand, or fitted to the mean I-V.
    warnings : tuple of str
        Sentences for the reader of the result.
    statistics : mapping of str to StatisticResult
        Chosen statistics over the records, by name.
    failed : tuple of Failure
        Files that were given and could not be used.
    thermopower : ThermopowerAnalysis or None
        Of all recordings of thermopower and its controls.
    thermal_conductance : ThermalConductanceAnalysis or None
        Of all recordings of thermal conductance and its controls.
    opening : OpeningAnalysis or None
        Of all recordings of thermal conductance while opening.
    ac : ACAnalysis or None
        Of all recordings beside an alternating bias.
    peltier : PeltierAnalysis or None
        Of all recordings of Peltier heat, with the heating controls at small bias.
    noise : NoiseAnalysis or None
        Of all recordings of noise thermometers, with their resistors.
    errors : tuple of ErrorComparison
        Errors of these results beside those that were expected before the runs.
    model_file : Path or None
        Model file of the given transmission.
    """

    parts: tuple[Part, ...]
    histogram: Analysed | None = None
    iv: MeanIV | None = None
    heating: HeatingAnalysis | None = None
    transmission: JunctionModel | None = None
    warnings: tuple[str, ...] = ()
    statistics: Mapping[str, StatisticResult] = field(default_factory=dict)
    failed: tuple[Failure, ...] = ()
    thermopower: ThermopowerAnalysis | None = None
    thermal_conductance: ThermalConductanceAnalysis | None = None
    opening: OpeningAnalysis | None = None
    ac: ACAnalysis | None = None
    peltier: PeltierAnalysis | None = None
    noise: NoiseAnalysis | None = None
    errors: tuple[ErrorComparison, ...] = ()
    model_file: Path | None = None

    @property
    def sample(self) -> str:
        """Sample named by the first recording that is not a control."""
        named = [part.header.sample for part in self.parts if part.header.sample and not part.control]
        return named[0] if named else ""

    @property
    def comparison(self) -> HeatingComparison | None:
        """Comparison of the heating with the prediction of the transmission."""
        return compare(self.heating.points, self.transmission) if self.heating else None

    @cached_property
    def joint(self) -> JointFit | None:
        """One transmission for all that was measured of a molecule; None for a single kind of result.

        Raises
        ------
        FileError
            For a model file that can't be used.
        """
        samples = {part.header.sample for part in self.parts if not part.control}
        return joint_fit(
            self.iv,
            self.heating,
            self.thermopower,
            self.thermal_conductance,
            self.model_file,
            len(samples),
            self.peltier,
            self.ac,
        )

    def to_json(self) -> dict[str, Any]:
        """Return the content for JSON: the recordings, then a section for each kind of result."""
        content: dict[str, Any] = {}
        if len(self.parts) == 1:
            content["recording"] = self.parts[0].to_json()
        content["recordings"] = [part.to_json() for part in self.parts]
        if self.histogram is not None:
            content.update(self.histogram.analysis.to_json())
        if self.iv is not None:
            content["iv"] = iv_section(self.iv)
        if self.heating is not None:
            content["heating"] = self.heating.to_json()
        if self.thermopower is not None:
            content["thermopower"] = thermopower_json(self.thermopower)
        if self.thermal_conductance is not None:
            content["thermal_conductance"] = thermal_conductance_json(self.thermal_conductance)
        if self.opening is not None:
            content["thermal_opening"] = self.opening.to_json()
        if self.ac is not None:
            content["ac"] = self.ac.to_json()
        if self.peltier is not None:
            content["peltier"] = peltier_json(self.peltier, measured_seebeck(self.thermopower))
        if self.noise is not None:
            content["noise"] = self.noise.to_json()
        if self.transmission is not None:
            comparison = self.comparison
            predicted = comparison.to_json() if comparison else []
            content["transmission"] = to_json({**self.transmission.to_json(), "predicted": predicted})
        if self.joint is not None:
            content["joint_fit"] = self.joint.to_json()
        if self.statistics:
            content["statistics"] = {name: result.to_json() for name, result in self.statistics.items()}
        if self.errors:
            content["expected_errors"] = [one.to_json() for one in self.errors]
        content["warnings"] = list(self.warnings)
        content["failed"] = [
            {"file": failure.path.name, "reason": failure.sentence} for failure in self.failed
        ]
        return content


def iv_section(iv: MeanIV) -> dict[str, Any]:
    """Return the section "iv" of the result: mean curve, spread, exclusions."""
    return to_json(
        {
            "junctions": iv.junctions,
            "curves": iv.curves,
            "dropped": dict(iv.dropped),
            "voltage_V": iv.voltage_V.tolist(),
            "current_A": iv.current_A.tolist(),
            "sd_A": iv.sd_A.tolist(),
            "rising_A": iv.rising_A.tolist(),
            "falling_A": iv.falling_A.tolist(),
        }
    )
