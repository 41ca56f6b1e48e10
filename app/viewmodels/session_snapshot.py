"""Snapshots of all views of a session."""

from dataclasses import dataclass

from app.viewmodels.current_trace import TraceSnapshot
from app.viewmodels.heating_view import HeatingSnapshot
from app.viewmodels.histogram_snapshot import HistogramSnapshot
from app.viewmodels.iv_view import IVSnapshot
from app.viewmodels.noise_thermometer_view import NoiseThermometerSnapshot
from app.viewmodels.noise_view import NoiseSnapshot
from app.viewmodels.peltier_view import PeltierSnapshot
from app.viewmodels.statistics_view import StatisticsSnapshot
from app.viewmodels.status_view import StatusSnapshot
from app.viewmodels.strips import StripsSnapshot
from app.viewmodels.thermal_conductance_view import ThermalConductanceSnapshot
from app.viewmodels.thermopower_view import ThermopowerSnapshot
from app.viewmodels.transmission_view import TransmissionSnapshot


@dataclass(frozen=True, eq=False)
class SessionSnapshot:
    """Snapshots by the names of their views; an unchanged one is the same object as before."""

    strips: StripsSnapshot
    trace: TraceSnapshot
    histogram: HistogramSnapshot
    iv: IVSnapshot
    heating: HeatingSnapshot
    transmission: TransmissionSnapshot
    noise: NoiseSnapshot
    statistics: StatisticsSnapshot
    thermopower: ThermopowerSnapshot
    thermal_conductance: ThermalConductanceSnapshot
    peltier: PeltierSnapshot
    noise_thermometer: NoiseThermometerSnapshot
    status: StatusSnapshot
