"""Views by the title of their tab, in their order. A built-in one has a line here; a plug-in uses `register`."""

from typing import TYPE_CHECKING, TypeVar

from analysis.registry import Registry

if TYPE_CHECKING:
    from app.viewmodels.view import ViewModel

    V = TypeVar("V", bound=ViewModel)

(
    STRIPS, TRACE, HISTOGRAM, IV, HEATING, THEORY, NOISE, STATISTICS, THERMOPOWER, THERMAL_CONDUCTANCE, PELTIER,
    NOISE_THERMOMETER,
) = (
    "Strip charts", "Live", "Histogram", "I-V", "Heating", "Theory", "Noise", "Statistics", "Thermopower",
    "Thermal conductance", "Peltier", "Noise thermometer",
)  # fmt: skip

VIEWS: "Registry[type[ViewModel]]" = Registry(
    "view",
    {
        STRIPS: ("app.viewmodels.strips:StripCharts", "The most recent seconds of all signals"),
        TRACE: (
            "app.viewmodels.current_trace:CurrentTrace",
            "Conductance of the current and the last openings",
        ),
        HISTOGRAM: (
            "app.viewmodels.histogram_view:HistogramModel",
            "Conductance histograms in one and two dimensions",
        ),
        IV: ("app.viewmodels.iv_view:IVModel", "Mean I-V curve with a Landauer fit"),
        HEATING: (
            "app.viewmodels.heating_view:HeatingModel",
            "Temperature rise of the tip and heat dissipated in it",
        ),
        THEORY: (
            "app.viewmodels.transmission_view:TransmissionModel",
            "Transmission function and bias window",
        ),
        NOISE: (
            "app.viewmodels.noise_view:NoiseModel",
            "Noise spectra of the current and the thermocouple",
        ),
        STATISTICS: (
            "app.viewmodels.statistics_view:StatisticsModel",
            "Statistics over opening traces: by time, yield, plateau lengths, drift, enough traces",
        ),
        THERMOPOWER: (
            "app.viewmodels.thermopower_view:ThermopowerModel",
            "Open-circuit voltage of held junctions against the temperature difference",
        ),
        THERMAL_CONDUCTANCE: (
            "app.viewmodels.thermal_conductance_view:ThermalConductanceModel",
            "Temperature of the tip about ruptures, and the thermal conductance",
        ),
        PELTIER: (
            "app.viewmodels.peltier_view:PeltierModel",
            "Odd and even heat in the tip against the current, and the Peltier coefficient hold by hold",
        ),
        NOISE_THERMOMETER: (
            "app.viewmodels.noise_thermometer_view:NoiseThermometerModel",
            "Temperature of contacts by the noise of their current, contact by contact",
        ),
    },
)


def register(model: "type[V]") -> "type[V]":
    """Register the view model of a plug-in; use it as a decorator.

    Raises
    ------
    NameTaken
        If another view has its title.
    """
    tip = (model.__doc__ or "").strip().split("\n")[0].removesuffix(".")
    VIEWS.register(model.title, model, tip)
    return model


def tabs() -> tuple[str, ...]:
    """Return the titles of the views in tabs; the strip charts are below them."""
    return tuple(title for title in VIEWS if title != STRIPS)
