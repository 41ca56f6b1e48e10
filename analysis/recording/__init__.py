"""The recording file: one HDF5 file for each run; nothing that was acknowledged is lost."""

from analysis.recording.errors import (
    DiskAlmostFull,
    NoSuchChannel,
    OutsideRecording,
    RecordingError,
    WriteFailed,
    damage_told,
)
from analysis.recording.header import Calibration, RecordedChannel, RunHeader, TraceEntry
from analysis.recording.plots import Plot, PlotAxis
from analysis.recording.reader import Recording
from analysis.recording.recover import recover
from analysis.recording.seal_later import seal
from analysis.recording.verify import Verification, repair, verify
from analysis.recording.writer import RecordingWriter

__all__ = [
    "Calibration",
    "DiskAlmostFull",
    "NoSuchChannel",
    "OutsideRecording",
    "Plot",
    "PlotAxis",
    "RecordedChannel",
    "Recording",
    "RecordingError",
    "RecordingWriter",
    "RunHeader",
    "TraceEntry",
    "Verification",
    "WriteFailed",
    "damage_told",
    "recover",
    "repair",
    "seal",
    "verify",
]
