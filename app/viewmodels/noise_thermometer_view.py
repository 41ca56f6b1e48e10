"""View of a noise thermometer: noise of contacts against their conductance, and their temperature as it converges."""

from collections import deque
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from analysis.constants import G0_S
from analysis.numbers import counted
from analysis.recording import RunHeader
from analysis.records import FloatArray
from analysis.thermoelectric.measured_noise import MeasuredNoise, measured
from analysis.thermoelectric.noise_holds import NoiseHold
from analysis.thermoelectric.noise_run import NoiseAnalysis, analyse_noise, mean_of_contacts
from analysis.thermoelectric.noise_sets import LEAST_CONDUCTANCES, NoiseContact, NoiseSet, conductances
from analysis.thermoelectric.noise_thermometer import FOUR_K
from app.offline.noise import Resistors, ResistorsBeside, mains_of
from app.viewmodels.registry import NOISE_THERMOMETER
from app.viewmodels.view import AS_PLAYED, Growth, RecordView

PA2 = 1e-24
NO_CALIBRATION = "no calibration by resistors yet: run control-noise-resistor"
_NONE: FloatArray = np.empty(0)


@dataclass(frozen=True, eq=False)
class ShownSet:
    """Contacts at one temperature difference; arrays of shape (n,), densities in pA^2/Hz.

    Parameters
    ----------
    mean : NoiseSet
    conductance_G0, density, sigma_density : ndarray
        Single contacts: noise without that of the amplifier.
    line_G0, line_density : ndarray
        Line 4 k T G of the mean temperature.
    running_K, running_sigma_K : ndarray
        Mean of the first contacts, and its error with that of the calibration.
    """

    mean: NoiseSet
    conductance_G0: FloatArray
    density: FloatArray
    sigma_density: FloatArray
    line_G0: FloatArray
    line_density: FloatArray
    running_K: FloatArray
    running_sigma_K: FloatArray


@dataclass(frozen=True, eq=False)
class NoiseThermometerSnapshot:
    """State of a noise thermometer.

    Parameters
    ----------
    sets : tuple of ShownSet
        By temperature difference; none without a calibration.
    resistor_G0, resistor_density : ndarray, shape (n,)
        Resistors that calibrate, without the noise of the amplifier, in pA^2/Hz.
    contacts, rejected : int
        Contacts of this run that were measured, and holds that were left out.
    problem : str
        Why there is no temperature; "" if there is one.
    """

    sets: tuple[ShownSet, ...] = ()
    resistor_G0: FloatArray = field(default_factory=lambda: _NONE)
    resistor_density: FloatArray = field(default_factory=lambda: _NONE)
    contacts: int = 0
    rejected: int = 0
    problem: str = ""


class NoiseThermometerModel(RecordView[NoiseThermometerSnapshot]):
    """Temperature of contacts by the noise of their current, contact by contact

    Parameters
    ----------
    header : RunHeader
    folder : Path, optional
        Folder in which the recordings of resistors are found.
    """

    title = NOISE_THERMOMETER
    plot = "app.gui.plots.noise_thermometer:NoiseThermometerPlot"
    shows = NoiseHold
    awaited = "Searching for a contact; its noise will appear here after the first hold."
    during: Mapping[str, str] = {"noise": "The noise of the current at 0 V is being recorded."}

    @staticmethod
    def replay_texts(header: RunHeader, filled: Collection[str]) -> Mapping[str, str]:
        """Return the texts of the empty plots of a recording."""
        none = "No noise temperature: no noise of contacts or resistors was recorded at 0 V here."
        text = f"The noise of contacts appears here, one after the other, {AS_PLAYED}"
        shown = text if NOISE_THERMOMETER in filled else none
        return {"noise of contacts": shown, "noise temperature": shown}

    def __init__(self, header: RunHeader, folder: Path | None = None) -> None:
        super().__init__(NoiseThermometerSnapshot())
        self._header = header
        self._beside = None if folder is None else ResistorsBeside(folder, header)
        self._new: deque[NoiseHold] = deque()
        self._own: list[MeasuredNoise] = []
        self._resistors: Resistors = {}
        self._due = Growth(0.05)
        self.result: NoiseAnalysis | None = None

    def add(self, record: Any) -> None:
        """Keep a new hold for `work`."""
        self._new.append(record)

    def work(self, thorough: bool = False) -> None:
        """Measure new holds, and combine all of them if due."""
        while self._new:
            self._own.append(measured(self._new.popleft(), mains_of(self._header)))
        if self._due.due(len(self._own), thorough) or (thorough and self._own and not self._calibrated):
            self._combine()

    @property
    def _calibrated(self) -> bool:
        return self.result is not None and self.result.calibration is not None

    def _combine(self) -> None:
        if not self._calibrated and self._beside is not None:
            self._resistors = self._beside.refresh()
        runs = {**self._resistors, self._header.started: self._own}
        self.result = analyse_noise(
            [runs[started] for started in sorted(runs)]
        )  # in the order of the analysis
        self._shown = snapshot_of(self.result, self._own)


def snapshot_of(result: NoiseAnalysis, own: Sequence[MeasuredNoise]) -> NoiseThermometerSnapshot:
    """Convert a result to arrays for the plots; ``own`` are the holds of the run that is shown."""
    contacts = sum(not hold.kind and not hold.rejected for hold in own)
    rejected = sum(bool(hold.rejected) for hold in own)
    calibration = result.calibration
    if calibration is None:
        known = conductances(result.resistors)
        return NoiseThermometerSnapshot(
            contacts=contacts,
            rejected=rejected,
            problem=f"{counted(contacts, 'contact')} so far. {NO_CALIBRATION[0].upper()}{NO_CALIBRATION[1:]} with "
            "6.45, 12.9 and 25.8 kΩ, at the same sample rate, gain and rise time, into the folder of this recording. "
            f"Known so far: {known} of {LEAST_CONDUCTANCES} conductances, open input included.",
        )
    G = np.array([one.conductance_S for one in result.resistors])
    density = np.array([one.density_A2_per_Hz for one in result.resistors])
    thermal = density - calibration.square_V2_per_Hz * G**2 - calibration.floor_A2_per_Hz
    return NoiseThermometerSnapshot(
        sets=tuple(
            _shown(mean, [one for one in result.contacts if one.difference_K == mean.difference_K])
            for mean in result.sets
        ),
        resistor_G0=G / G0_S,
        resistor_density=thermal / calibration.gain / PA2,
        contacts=contacts,
        rejected=rejected,
    )


def _shown(mean: NoiseSet, contacts: Sequence[NoiseContact]) -> ShownSet:
    G = np.array([one.conductance_S for one in contacts])
    line_S = np.array([0.0, 1.05 * G.max()])
    first = np.array([mean_of_contacts(contacts[: n + 1]) for n in range(len(contacts))])
    common_K = np.sqrt(max(mean.sigma_K**2 - mean.contacts_sigma_K**2, 0.0))
    return ShownSet(
        mean=mean,
        conductance_G0=G / G0_S,
        density=FOUR_K * G * [one.temperature_K for one in contacts] / PA2,
        sigma_density=FOUR_K * G * [one.sigma_K for one in contacts] / PA2,
        line_G0=line_S / G0_S,
        line_density=FOUR_K * mean.temperature_K * line_S / PA2,
        running_K=first[:, 0],
        running_sigma_K=np.hypot(first[:, 1], common_K),
    )
