"""View of the noise of a run: `analysis.spectra.noise_reducer`, drawn on request."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np

from analysis.recording import RunHeader
from analysis.records import Event
from analysis.spectra.noise_reducer import AVERAGED_S, OPEN_G0, NoiseReducer, NoiseSpectrum
from analysis.spectra.welch import SEGMENT_s
from app.viewmodels.signals import SampledSignals
from app.viewmodels.view import StreamView


@dataclass(frozen=True, eq=False)
class NoiseSnapshot:
    """Spectra of the states measured so far, that of the instruments alone first."""

    spectra: tuple[NoiseSpectrum, ...] = ()


class NoiseModel(StreamView[NoiseSnapshot]):
    """View of the spectra in each state of the junction; parameters as of `NoiseReducer`."""

    plot = "app.gui.plots.noise:NoisePlot"

    @staticmethod
    def replay_texts(header: RunHeader, filled: Collection[str]) -> Mapping[str, str]:
        """Return the texts of the empty plots of a recording, by their titles."""
        texts = {}
        for plot, channel in (("current", "current"), ("thermometer", "thermocouple")):
            texts[f"noise of the {plot}"] = (
                f"The noise spectrum of the {plot} appears here once a few seconds out of contact, or held and "
                "modulated, have been played."
                if channel in header.channel_names
                else f"No spectrum: the {channel} is not in this recording."
            )
        return texts

    def __init__(
        self, open_G0: float = OPEN_G0, averaged_s: float = AVERAGED_S, segment_s: float = SEGMENT_s
    ) -> None:
        super().__init__()
        self.noise = NoiseReducer(open_G0, averaged_s, segment_s)

    def feed(self, signals: SampledSignals) -> None:
        """Take the next samples."""
        rows = np.stack([signals.current_A, signals.thermocouple_V, signals.bias_V])
        with self._lock:
            if self.noise.feed(signals.first, signals.rate_Hz, rows):
                self._drawn = None

    def event(self, event: Event) -> None:
        """Process an event: the current step, a change of settings, the frequency of a modulation."""
        with self._lock:
            self.noise.event(event)

    def jump(self) -> None:
        """Continue at another position in the recording."""
        with self._lock:
            self.noise.jump()
            self._drawn = None

    def _draw(self) -> NoiseSnapshot:
        return NoiseSnapshot(self.noise.spectra())


def open_G0_of(header: RunHeader) -> float:
    """Return the conductance below which a junction of this run is open."""
    return float(header.parameters.get("open_threshold_G0") or OPEN_G0)
