"""Measured values of a fit taken from the JSON of `hotjunction analyze`."""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from analysis.bounded_files import read_json
from analysis.fitting.data import HeatingData, Measured
from analysis.json_data import InvalidContent, from_json
from analysis.records import FloatArray
from app.config.toml import FileError


@dataclass(frozen=True)
class _Point:
    amplitude_V: float
    q_probe_pos_W: float
    q_probe_neg_W: float
    sigma_q_probe_pos_W: float
    sigma_q_probe_neg_W: float
    q_total_pos_W: float
    q_total_neg_W: float
    sigma_q_total_pos_W: float
    sigma_q_total_neg_W: float
    sigma_pos_K: float
    sigma_neg_K: float
    cov_K2: float


@dataclass(frozen=True)
class _Heating:
    points: tuple[_Point, ...]
    scale_relative: float


@dataclass(frozen=True)
class _Thermopower:
    S_junction_V_per_K: float
    sigma_S_junction_V_per_K: float
    S_V_per_K: float = math.nan
    scale_relative: float = math.nan
    sigma_S_lead_V_per_K: float = math.nan

    def beside(self, others: int) -> Measured:
        """Return the thermopower of the junction, for a fit to it and to ``others`` of the same rig.

        What they have in common, the scale of the thermometer and the lead, does not average out: it counts in each as
        often as there are of them, so that their mean has it once.
        """
        common = (self.scale_relative * self.S_V_per_K, self.sigma_S_lead_V_per_K)
        known = [one for one in common if math.isfinite(one)]
        sigma = math.hypot(self.sigma_S_junction_V_per_K, math.sqrt(others) * math.hypot(*known))
        return Measured(self.S_junction_V_per_K, sigma)


@dataclass(frozen=True)
class _ThermalConductance:
    G_th_W_per_K: float
    sigma_W_per_K: float
    scale_relative: float


@dataclass(frozen=True)
class _AC:
    thermopower: _Thermopower | None = None


@dataclass(frozen=True)
class _Peltier:
    Pi_junction_V: float = math.nan
    sigma_Pi_junction_V: float = math.nan


@dataclass(frozen=True)
class Results:
    """Sections of an analysis that a fit takes; None for a measurement that it does not hold."""

    heating: _Heating | None = None
    thermopower: _Thermopower | None = None
    thermal_conductance: _ThermalConductance | None = None
    ac: _AC | None = None
    peltier: _Peltier | None = None

    @property
    def heats(self) -> HeatingData | None:
        """Heats of both polarities; without points None."""
        if self.heating is None or not self.heating.points:
            return None
        points, scale = self.heating.points, self.heating.scale_relative

        def both(positive: str, negative: str) -> FloatArray:
            return np.array([getattr(p, name) for name in (positive, negative) for p in points])

        amplitudes = np.array([p.amplitude_V for p in points])
        correlations = [p.cov_K2 / (p.sigma_pos_K * p.sigma_neg_K) for p in points]
        return HeatingData(
            voltage_V=np.concatenate([amplitudes, -amplitudes]),
            heat_probe_W=both("q_probe_pos_W", "q_probe_neg_W"),
            sigma_W=both("sigma_q_probe_pos_W", "sigma_q_probe_neg_W"),
            heat_total_W=both("q_total_pos_W", "q_total_neg_W"),
            sigma_total_W=both("sigma_q_total_pos_W", "sigma_q_total_neg_W"),
            correlation=float(np.median(correlations)),
            scale_sigma=_known(scale, "heats"),
        )

    @property
    def seebeck_V_per_K(self) -> Measured | None:
        """Thermopower of the junction, without that of the heated lead."""
        beside = None if self.ac is None else self.ac.thermopower
        return None if self.thermopower is None else self.thermopower.beside(int(_is_known(beside)))

    @property
    def ac_seebeck_V_per_K(self) -> Measured | None:
        """The same from openings beside an alternating bias; None also where they gave none."""
        own = None if self.ac is None else self.ac.thermopower
        return own.beside(int(self.thermopower is not None)) if own is not None and _is_known(own) else None

    @property
    def peltier_V(self) -> Measured | None:
        """Peltier coefficient of the junction, without that of the heated lead; None also where there was none."""
        own = self.peltier
        return None if own is None else _known_one(own.Pi_junction_V, own.sigma_Pi_junction_V)

    @property
    def thermal_conductance_W_per_K(self) -> Measured | None:
        """Thermal conductance of the junction, with its phonons."""
        own = self.thermal_conductance
        if own is None:
            return None
        scale = _known(own.scale_relative, "thermal conductance")
        return Measured(own.G_th_W_per_K, math.hypot(own.sigma_W_per_K, scale * own.G_th_W_per_K))


def _is_known(one: _Thermopower | None) -> bool:
    return one is not None and math.isfinite(one.sigma_S_junction_V_per_K)


def _known_one(value: float, sigma: float) -> Measured | None:
    return Measured(value, sigma) if math.isfinite(sigma) else None


def _known(scale_relative: float, quantity: str) -> float:
    """Return an uncertainty that all values share. Raises ``ValueError`` if it is unknown."""
    if math.isnan(scale_relative):
        raise ValueError(
            f"the scale error of the {quantity} is unknown: give the uncertainties of the thermometer in [probe] of "
            "the rig file and analyse again, or write the values with their uncertainty into the model file"
        )
    return scale_relative


def load_results(path: Path) -> Results:
    """Read the JSON of `hotjunction analyze`.

    Raises
    ------
    FileError
        For a file that is missing, is not such JSON, or holds no measurement that a fit takes.
    """
    try:
        found = from_json(read_json(path), Results)
    except FileNotFoundError:
        raise FileError(f"{path}: no such file") from None
    except (OSError, InvalidContent, ValueError) as error:
        raise FileError(f"{path}: is not the JSON of `hotjunction analyze --json`: {error}") from None
    if found == Results():
        raise FileError(
            f"{path}: holds no heating, thermopower, Peltier coefficient or thermal conductance; write it with "
            "`hotjunction analyze RECORDING --json`"
        )
    return found
