"""Checks for recorded values that no rig can produce, each reported in a sentence."""

import math
from collections.abc import Iterator

import numpy as np

from analysis.recording import Recording
from analysis.records import SWEEP, EventKind, FloatArray

LOOKS, LOOK_SAMPLES = 16, 1024
"""Number of stretches that are checked, spread over the recording, and samples in each."""

SLOWEST_Hz, FASTEST_Hz = 1e-3, 1e11

BIAS_RELATIVE, BIAS_V = 0.05, 2e-3
"""Allowed difference between the recorded and the set bias: 5 % plus 2 mV."""


def doubts(recording: Recording) -> Iterator[str]:
    """Yield a sentence for each implausible property of a recording. Raises ``RecordingError``."""
    rate_Hz = recording.rate_Hz
    if not math.isnan(rate_Hz) and not SLOWEST_Hz <= rate_Hz <= FASTEST_Hz:
        yield (
            f"a rate of {rate_Hz:g} samples per second is not possible. Times, speeds and noise densities of this "
            "recording are meaningless; its header is damaged or was edited by hand."
        )
    name = _analysed_channel(recording)
    if name is not None and recording.n_samples and not _has_values(recording, name):
        yield (
            f"the {name} is NaN or infinite in all {recording.n_samples} samples. There is nothing to "
            "analyse; check the channel's wiring and the program that wrote the file."
        )
    yield from _bias_doubts(recording)


def _analysed_channel(recording: Recording) -> str | None:
    """Return the channel that the analysis reads: the current has no values in an imported block of conductances."""
    sweeps_only = bool(recording.traces) and all(SWEEP in entry.flags for entry in recording.traces)
    wanted = ("current", "conductance") if sweeps_only else ("conductance", "current")
    return next((name for name in wanted if name in recording.channels), None)


def _has_values(recording: Recording, channel: str) -> bool:
    """Return whether any sample is finite; all are read only where a spread look finds none."""
    if np.isfinite(_spread_samples(recording, channel)).any():
        return True
    return any(np.isfinite(block.data).any() for block in recording.blocks(channels=[channel]))


def _spread_samples(recording: Recording, channel: str) -> FloatArray:
    """Return samples of one channel from stretches evenly spread over the recording."""
    edges = (recording.first, *(edge for gap in recording.gaps for edge in gap), recording.stop)
    stretches: list[FloatArray] = []
    passed, spacing = 0, max(recording.n_samples // LOOKS, 1)
    for first, stop in zip(edges[::2], edges[1::2], strict=True):
        stretches.extend(
            recording.samples(start, min(start + LOOK_SAMPLES, stop), [channel])[0]
            for start in range(first + (-passed) % spacing, stop, spacing)
        )
        passed += stop - first
    return np.concatenate(stretches) if stretches else np.empty(0)


def _bias_doubts(recording: Recording) -> Iterator[str]:
    """Compare the recorded with the set bias during withdrawals, in which it is constant."""
    if not {"current", "bias"} <= set(recording.channels):
        return
    set_V, begin, set_biases_V, measured = math.nan, None, [], []
    for event in recording.events:
        if event.kind is EventKind.SETTING and event.name == "bias_V":
            set_V = float(event.payload["value"])
        elif event.kind is EventKind.STEP and event.name == "withdraw":
            if event.payload.get("phase") == "begin":
                begin = None if "sine" in event.payload else event.sample
            elif begin is not None and recording.first <= begin < event.sample <= recording.stop:
                set_biases_V.append(set_V)
                middle = (begin + event.sample) // 2
                measured.append(
                    recording.samples(middle, min(middle + LOOK_SAMPLES, event.sample), ["current", "bias"])
                )
            if len(set_biases_V) == LOOKS:
                break
    if not set_biases_V:
        return
    expected_V = np.array(set_biases_V)
    current_V, bias_V = (np.array([np.median(samples[i]) for samples in measured]) for i in (0, 1))
    allowed_V = BIAS_RELATIVE * np.abs(expected_V) + BIAS_V
    if (np.abs(bias_V - expected_V) > allowed_V).mean() > 0.5:
        swapped = (np.abs(current_V - expected_V) <= allowed_V).mean() > 0.5
        remedy = (
            "The current channel shows the bias that was set: the two channels are swapped."
            if swapped
            else "Check the wiring of the bias output and its loop-back."
        )
        yield (
            f"the recorded bias is {np.median(bias_V):.4g} V where {np.median(expected_V):.4g} V was set, so the "
            f"conductances are wrong by the same factor. {remedy}"
        )
