"""Draw a right rig: a world, and the rig file that describes it."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import tomli_w

from app.acquisition.simulated_rig import SimulationSettings, rig_file_text
from app.config.amplifiers import CURRENT_AMPLIFIER, VOLTAGE_PREAMPLIFIER, amplifier_model
from simulators.parameters import load_parameters
from simulators.rig.signal_chain import AmplifierModels

CARDS = "PXI-6281", "PCIe-6363", "USB-6363", "PXI-4461"
WITHOUT_LINES = ("PXI-4461",)
CURRENT_AMPLIFIERS = {
    "keithley428": "keithley428",
    "sr570": "sr570",
    "dlpca200": "dlpca200",
    "manual": "manual_current_amplifier",
}
"""Model: section of its parameters."""

PREAMPLIFIERS = "sr560", "manual"
RATES_Hz = 1000.0, 2000.0, 2500.0, 4000.0, 8000.0
TERMINALS = tuple(f"ai{i}" for i in range(8))
WIRED = {"current": "current", "thermocouple": "thermocouple", "bias": "bias", "z": "z"}
FULL_SCALE_G0 = 4.0, 12.0
LARGEST_BIAS_V = 0.15
QUANTUM_S = 7.748e-5


@dataclass(frozen=True)
class DrawnRig:
    """A rig that exists in no laboratory, but might.

    Parameters
    ----------
    seed : int
    settings : SimulationSettings
    overrides : dict
        Parameters of its world.
    tables : dict
        What its rig file says beyond that of the standard simulated rig, table by table.
    bias_mV : float
        Bias at which a contact of one atom is well inside the range of the current input.
    """

    seed: int
    settings: SimulationSettings
    overrides: dict[str, Any]
    tables: dict[str, Any]
    bias_mV: float

    @property
    def models(self) -> AmplifierModels:
        """Return the simulated amplifiers."""
        names = self.settings.current_amplifier, self.settings.voltage_preamplifier
        roles = CURRENT_AMPLIFIER, VOLTAGE_PREAMPLIFIER
        return AmplifierModels(*(amplifier_model(*pair).simulator for pair in zip(roles, names, strict=True)))

    @property
    def parameters(self) -> Any:
        """Return the parameters of the world."""
        return load_parameters(overrides=self.overrides, card=self.settings.card)

    def file_text(self, addresses: dict[str, str]) -> str:
        """Return the rig file, which says nothing but the truth."""
        content = tomllib.loads(rig_file_text(self.settings, self.parameters, addresses))
        content["daq"]["inputs"].pop(
            "fine_current", None
        )  # "current" at any other place than that of the standard rig
        return tomli_w.dumps(_merged(content, self.tables))


def _merged(content: dict[str, Any], tables: Mapping[str, Any]) -> dict[str, Any]:
    for key, value in tables.items():
        content[key] = _merged(content.get(key, {}), value) if isinstance(value, Mapping) else value
    return content


def drawn(seed: int) -> DrawnRig:
    """Draw the rig of a seed."""
    rng = np.random.default_rng(seed)
    card = str(rng.choice(CARDS, p=[0.55, 0.15, 0.15, 0.15]))
    kinds = [name for name in CURRENT_AMPLIFIERS if name != "dlpca200" or card not in WITHOUT_LINES]
    current, preamplifier = str(rng.choice(kinds)), str(rng.choice(PREAMPLIFIERS))
    settings = SimulationSettings(
        "fast", seed, current_amplifier=current, voltage_preamplifier=preamplifier, card=card
    )
    overrides: dict[str, Any] = {"sample.species": "Au"}
    tables: dict[str, Any] = {"daq": {"inputs": {}, "outputs": {}}, "safe": {}}
    for part in (_world, _wiring, _acquisition, _piezo):
        part(rng, card, overrides, tables)
    bias_mV = _current_amplifier(rng, current, overrides, tables)
    _preamplifier(rng, preamplifier, overrides, tables)
    bias_mV = _bias_line(rng, bias_mV, overrides, tables)
    return DrawnRig(seed, settings, overrides, tables, bias_mV)


def _between(rng: np.random.Generator, low: float, high: float) -> float:
    """Draw evenly in the logarithm, to four digits."""
    return float(f"{np.exp(rng.uniform(np.log(low), np.log(high))):.4g}")


def _world(rng: np.random.Generator, card: str, overrides: dict[str, Any], tables: dict[str, Any]) -> None:
    mains_Hz = float(rng.choice([50.0, 60.0]))
    tables["mains_Hz"] = mains_Hz
    overrides |= {
        "mains.frequency_Hz": mains_Hz,
        "mains.wander_Hz": float(rng.uniform(0.0, 0.05)),
        "mains.current_A": _between(rng, 2e-12, 2e-10),
        "mains.thermocouple_V": _between(rng, 3e-8, 1e-6),
        "surface.drift_pm_per_s": float(rng.uniform(-5.0, 5.0)),
        "noise.vibration_pm": _between(rng, 0.5, 5.0),
        "junction.series_resistance_ohm": _between(rng, 1.0, 3000.0),
        "junction.stray_capacitance_F": _between(rng, 1e-13, 2e-12),
        "thermal.resistance_K_per_W": _between(rng, 3e4, 1e6),
        "thermal.seebeck_V_per_K": _between(rng, 5e-6, 4e-5),
        "thermal.time_constant_s": _between(rng, 1e-6, 2e-4),
        "thermal.thermocouple_ohm": _between(rng, 500.0, 2e4),
        "thermal.coupling_F": _between(rng, 1e-15, 1e-13),
        "thermoelectric.always": bool(rng.random() < 0.3),
        "thermoelectric.offset_V": float(rng.uniform(-2e-4, 2e-4)),
    }


def _wiring(rng: np.random.Generator, card: str, overrides: dict[str, Any], tables: dict[str, Any]) -> None:
    """Wire inputs and outputs to any of the card's terminals."""
    several = 4 if card in WITHOUT_LINES else len(TERMINALS)
    places = rng.permutation(several)
    free = dict.fromkeys(TERMINALS[:several], "open")
    for place, name in zip(places, WIRED, strict=False):
        free[TERMINALS[place]] = name
        tables["daq"]["inputs"][name] = {"channel": TERMINALS[place]}
    overrides |= {f"ni6281.wiring.{terminal}": wired for terminal, wired in free.items()}
    if rng.random() < 0.5:
        overrides |= {"ni6281.wiring.ao0": "z", "ni6281.wiring.ao1": "bias"}
        tables["daq"]["outputs"] |= {"bias": {"channel": "ao1"}, "z": {"channel": "ao0"}}


def _acquisition(
    rng: np.random.Generator, card: str, overrides: dict[str, Any], tables: dict[str, Any]
) -> None:
    tables["daq"]["rate_Hz"] = float(rng.choice(RATES_Hz))
    if card not in WITHOUT_LINES:
        tables["daq"]["filter"] = bool(rng.random() < 0.7)


def _piezo(rng: np.random.Generator, card: str, overrides: dict[str, Any], tables: dict[str, Any]) -> None:
    """Drive a piezo of any constant from either side, over one or both signs."""
    nm_per_V, reversed_, both = _between(rng, 6.0, 30.0), bool(rng.random() < 0.4), bool(rng.random() < 0.4)
    low_V = -10.0 if both else 0.0
    reach_nm = 10.0 * nm_per_V  # from 0 V, where the world counts its gap
    overrides |= {
        "piezo.extension_nm_per_V": nm_per_V,
        "piezo.reversed": reversed_,
        "surface.initial_gap_nm": float(f"{rng.uniform(0.4, 0.7) * reach_nm:.4g}"),
    }
    z = {"min_V": low_V, "max_V": 10.0, "inverting": reversed_}
    tables["daq"]["outputs"].setdefault("z", {}).update(z)
    tables["safe"]["z_V"] = low_V


def _current_amplifier(
    rng: np.random.Generator, model: str, overrides: dict[str, Any], tables: dict[str, Any]
) -> float:
    """Choose sign, gain, speed and range; return the bias at which some quanta are full scale, in mV."""
    inverting, gain = bool(rng.random() < 0.5), 1e5
    overrides[f"{CURRENT_AMPLIFIERS[model]}.inverting"] = inverting
    keys: dict[str, Any] = {"inverting": inverting}
    if model == "keithley428":
        gain = float(rng.choice([1e4, 1e5, 1e6]))
        keys |= {"gain_V_per_A": gain, "rise_time_s": float(rng.choice([1e-4, 3e-4]))}
        keys["input_resistance_ohm"] = 2e-4 * gain / 10.0
    if model == "manual":
        gain, rise_s = _between(rng, 2e4, 5e5), _between(rng, 5e-5, 3e-4)
        keys |= {"gain_V_per_A": gain, "rise_time_s": rise_s}
        overrides |= {
            "manual_current_amplifier.gain_V_per_A": gain,
            "manual_current_amplifier.rise_time_s": rise_s,
        }
    tables["current_amplifier"] = keys
    full_scale_V = 5.0
    bias_V = full_scale_V / (gain * QUANTUM_S * rng.uniform(*FULL_SCALE_G0))
    return float(f"{1e3 * min(bias_V, LARGEST_BIAS_V):.3g}")


def _preamplifier(
    rng: np.random.Generator, model: str, overrides: dict[str, Any], tables: dict[str, Any]
) -> None:
    if model == "sr560":
        gain, lowpass_Hz = float(rng.choice([1e4, 2e4, 5e4])), float(rng.choice([300.0, 1e3, 3e3]))
        tables["voltage_preamplifier"] = {"gain": gain, "lowpass_Hz": lowpass_Hz}
        return
    gain, lowpass_Hz = _between(rng, 5e3, 5e4), _between(rng, 300.0, 3e3)
    keys = {"gain": gain, "lowpass_Hz": lowpass_Hz, "inverting": bool(rng.random() < 0.5)}
    tables["voltage_preamplifier"] = keys
    overrides |= {f"manual_voltage_preamplifier.{name}": value for name, value in keys.items()}


def _bias_line(
    rng: np.random.Generator, bias_mV: float, overrides: dict[str, Any], tables: dict[str, Any]
) -> float:
    """Put an inverter, a divider or an adder into the bias; return a bias within its reach, in mV."""
    divider, adder_V = (
        float(rng.choice([1.0, 2.0, 10.0])),
        float(f"{rng.choice([0.0, 0.0, 1.0]) * rng.uniform(-0.02, 0.02):.3f}"),
    )
    inverting = bool(rng.random() < 0.3)
    overrides |= {
        "bias_line.divider": divider,
        "bias_line.adder_V": adder_V,
        "bias_line.inverting": inverting,
    }
    most_V = float(rng.choice([1.0, 2.0])) / divider
    line = {"divider": divider, "adder_V": adder_V, "inverting": inverting, "min_V": -most_V, "max_V": most_V}
    tables["daq"]["outputs"].setdefault("bias", {}).update(line)
    return float(f"{min(bias_mV, 1e3 * 0.6 * most_V):.3g}")
