"""What no rig records: told in words, so that nobody trusts the numbers that come out of it."""

import math
from collections.abc import Iterator

import numpy as np

from analysis.recording import Recording
from analysis.records import EventKind, FloatArray

LOOKS, LOOK_SAMPLES = 16, 1024
"""Samples are looked at in so many stretches, spread over the recording."""

SLOWEST_Hz, FASTEST_Hz = 1e-3, 1e9

BIAS_RELATIVE, BIAS_V = 0.05, 2e-3
"""How much the recorded bias may differ from the one that was set: 5 % and 2 mV."""


def doubts(recording: Recording) -> Iterator[str]:
    """Yield a sentence for each thing that cannot be as it is recorded. Raises ``RecordingError``."""
    rate_Hz = recording.rate_Hz
    if not math.isnan(rate_Hz) and not SLOWEST_Hz <= rate_Hz <= FASTEST_Hz:
        yield (
            f"a rate of {rate_Hz:g} samples per second is not possible. Times, speeds and noise densities of this "
            "recording mean nothing; its header is damaged or was made by hand."
        )
    for name in ("current", "conductance"):
        if name in recording.channels and recording.n_samples:
            looked = _looked_at(recording, name)
            if not np.isfinite(looked).any():
                yield (
                    f"the {name} is NaN or infinite in all {looked.size} samples that were looked at. There is nothing "
                    "to analyse; look at the channel's wire and at the program that wrote the file."
                )
    yield from _bias_doubts(recording)


def _looked_at(recording: Recording, channel: str) -> FloatArray:
    """Return samples of one channel, from stretches evenly spread over the rows."""
    edges = (recording.first, *(edge for gap in recording.gaps for edge in gap), recording.stop)
    found: list[FloatArray] = []
    passed, spacing = 0, max(recording.n_samples // LOOKS, 1)
    for first, stop in zip(edges[::2], edges[1::2], strict=True):
        found.extend(
            recording.samples(start, min(start + LOOK_SAMPLES, stop), [channel])[0]
            for start in range(first + (-passed) % spacing, stop, spacing)
        )
        passed += stop - first
    return np.concatenate(found) if found else np.empty(0)


def _bias_doubts(recording: Recording) -> Iterator[str]:
    """Compare the recorded bias with the one that was set, during withdrawals, in which it is constant."""
    if not {"current", "bias"} <= set(recording.channels):
        return
    set_V, begin, told, seen = math.nan, None, [], []
    for event in recording.events:
        if event.kind is EventKind.SETTING and event.name == "bias_V":
            set_V = float(event.payload["value"])
        elif event.kind is EventKind.STEP and event.name == "withdraw":
            if event.payload.get("phase") == "begin":
                begin = event.sample
            elif begin is not None and recording.first <= begin < event.sample <= recording.stop:
                told.append(set_V)
                middle = (begin + event.sample) // 2
                seen.append(
                    recording.samples(middle, min(middle + LOOK_SAMPLES, event.sample), ["current", "bias"])
                )
            if len(told) == LOOKS:
                break
    if not told:
        return
    expected_V = np.array(told)
    current_V, bias_V = (np.array([np.median(samples[i]) for samples in seen]) for i in (0, 1))
    allowed_V = BIAS_RELATIVE * np.abs(expected_V) + BIAS_V
    if (np.abs(bias_V - expected_V) > allowed_V).mean() > 0.5:
        swapped = (np.abs(current_V - expected_V) <= allowed_V).mean() > 0.5
        cure = (
            "The channel of the current shows the bias that was set: the two are swapped."
            if swapped
            else "Check the wires of the bias output and of its loop-back."
        )
        yield (
            f"the recorded bias is {np.median(bias_V):.4g} V where {np.median(expected_V):.4g} V was set, and "
            f"conductances are wrong by as much. {cure}"
        )
