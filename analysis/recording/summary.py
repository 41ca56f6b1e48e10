"""Summary of a recording for lists of many, without reading samples or payloads of events."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from analysis.recording.errors import damage_told
from analysis.recording.header import RunHeader
from analysis.recording.opened import OpenedFile, open_recording
from analysis.recording.opened_log import OpenedLog
from analysis.records import EventKind


@dataclass(frozen=True, eq=False)
class RecordingSummary:
    """Summary of a recording.

    Parameters
    ----------
    header : RunHeader
    status, storage : str
        As in `Recording`.
    n_samples, stop : int
        Samples of each channel; index after the last, larger than ``n_samples`` if samples are missing.
    traces, kept : int
        Entries of the index of traces, and number not rejected.
    steps : mapping of str to int
        Number of times that each step of the procedure began.
    result : str
        Result in a line, if the recording was closed with one.
    """

    header: RunHeader
    status: str
    storage: str
    n_samples: int
    stop: int
    traces: int
    kept: int
    steps: Counter[str]
    result: str = ""


def glance(path: Path) -> RecordingSummary:
    """Summarise a recording: finished, being written, or left by a killed process. Raises ``RecordingError``."""
    opened = open_recording(path)
    try:
        with damage_told(path, "its list of traces or events"):
            kept, steps = (
                _finished(opened)
                if isinstance(opened, OpenedFile) and not opened.journalled
                else _live(opened)
            )
            segments = opened.segments
            return RecordingSummary(
                header=opened.header,
                status=opened.status,
                storage=opened.storage,
                n_samples=sum(stop - first for first, stop, _ in segments),
                stop=segments[-1][1] if segments else 0,
                traces=len(kept),
                kept=sum(kept),
                steps=steps,
                result=opened.result,
            )
    finally:
        opened.close()


def _finished(opened: OpenedFile | OpenedLog) -> tuple[list[bool], Counter[str]]:
    pairs = zip(opened.column("events/kind"), opened.column("events/name"), strict=True)
    names = Counter(name for kind, name in pairs if kind == EventKind.STEP)
    # every step has two events, except the last of an interrupted run
    kept = [bool(kept) for kept in opened.column("traces/kept")]
    return kept, Counter({n: -(-k // 2) for n, k in names.items()})


def _live(opened: OpenedFile | OpenedLog) -> tuple[list[bool], Counter[str]]:
    lines = opened.journal([])
    traces = {
        line["trace"]["number"]: bool(line["trace"].get("kept", True)) for line in lines if "trace" in line
    }
    steps = Counter(
        line["event"]["name"]
        for line in lines
        if "event" in line
        and line["event"]["kind"] == EventKind.STEP
        and line["event"]["payload"].get("phase") == "begin"
    )
    return list(traces.values()), steps
