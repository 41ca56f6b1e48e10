"""Analysis of traces, for the commands and the bench."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from analysis.recording import Recording, RunHeader, damage_told
from analysis.records import Trace
from analysis.traces.pipeline import Analysis, AnalysisOptions, analyse
from analysis.traces.read import calibration_of, traces_of
from analysis.traces.selection import noise_floor, usual_rules

BOOTSTRAP_SEED = 0
"""Fixed, so that the same file always gives the same errors."""


@dataclass(frozen=True, eq=False)
class Analysed:
    """Recording with its header, its status and the analysis of its traces."""

    path: Path
    header: RunHeader
    status: str
    n_samples: int
    gaps: int
    analysis: Analysis

    def to_json(self) -> dict[str, Any]:
        """Return the content for JSON: the recording, then the result."""
        header = self.header
        return {
            "recording": {
                "file": self.path.name,
                "status": self.status,
                "procedure": header.procedure,
                "sample": header.sample,
                "started": header.started,
                "samples": self.n_samples,
                "gaps": self.gaps,
                "unknown": list(header.unknowns),
            },
            **self.analysis.to_json(),
        }


@dataclass(frozen=True)
class ByHand:
    """The user's choices in place of automatic ones; None is automatic."""

    starts_above_G0: float | None = None
    opens_below_G0: float | None = None
    molecular_G0: tuple[float, float] | None = None
    background: str = "linear"


def analyse_recording(path: Path, by_hand: ByHand = ByHand()) -> Analysed:
    """Analyse the traces of one recording. Raises ``RecordingError`` for a file that can't be used."""
    return analyse_traces([path], by_hand)


def analyse_traces(
    paths: Sequence[Path],
    by_hand: ByHand = ByHand(),
    known: Mapping[Path, Analysis] = MappingProxyType({}),
) -> Analysed:
    """Analyse the traces of several recordings together, such as the parts of an interrupted run.

    The first recording gives the selection rules and the header of the result. A single recording found in ``known``
    is not analysed again if the user has made no choices.

    Raises
    ------
    RecordingError
        For a file that can't be used.
    """
    traces: list[Trace] = []
    headers, statuses, samples, gaps, next_number = [], [], 0, 0, 0
    analysis = known.get(paths[0]) if len(paths) == 1 and by_hand == ByHand() else None
    for path in paths:
        with Recording(path) as recording, damage_told(path, "what its events say"):
            if analysis is None:
                traces += (
                    replace(trace, number=next_number + trace.number) for trace in traces_of(recording)
                )
                next_number = max((trace.number for trace in traces), default=-1) + 1
            headers.append(recording.header)
            statuses.append(recording.status)
            samples += recording.n_samples
            gaps += len(recording.gaps)
    analysis = analysis or analyse(
        traces, options_for(headers[0], traces, by_hand), np.random.default_rng(BOOTSTRAP_SEED)
    )
    unfinished = [status for status in statuses if status != "finished"]
    return Analysed(paths[0], headers[0], (*unfinished, "finished")[0], samples, gaps, analysis)


def options_for(header: RunHeader, traces: Sequence[Trace], by_hand: ByHand = ByHand()) -> AnalysisOptions:
    """Return the options of the analysis from the recording's header and the user's choices."""
    contact_G0 = header.parameters.get("contact_threshold_G0", header.settings.get("engage_threshold_G0"))
    decided = {
        name: value
        for name in ("starts_above_G0", "opens_below_G0")
        if (value := getattr(by_hand, name)) is not None
    }
    rules = replace(usual_rules(traces, noise_floor(traces), contact_G0), **decided) if decided else None
    return AnalysisOptions(
        rules=rules,
        molecular_G0=by_hand.molecular_G0,
        background=by_hand.background,
        calibration=calibration_of(header),
        contact_G0=contact_G0,
    )
