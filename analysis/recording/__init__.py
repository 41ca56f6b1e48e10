"""The recording file: one HDF5 file for each run; a killed process loses nothing that was acknowledged."""

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
    "WriteFailed",
    "damage_told",
    "recover",
]
