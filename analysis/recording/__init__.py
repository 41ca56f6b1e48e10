"""The recording file: one HDF5 file a run, written so that a killed process loses nothing acknowledged."""

from analysis.recording.errors import DiskAlmostFull, RecordingError, WriteFailed
from analysis.recording.header import Calibration, Channel, RunHeader, TraceEntry
from analysis.recording.plots import Axis, Plot
from analysis.recording.reader import Recording
from analysis.recording.recover import recover
from analysis.recording.writer import RecordingWriter

__all__ = [
    "Axis",
    "Calibration",
    "Channel",
    "DiskAlmostFull",
    "Plot",
    "Recording",
    "RecordingError",
    "RecordingWriter",
    "RunHeader",
    "TraceEntry",
    "WriteFailed",
    "recover",
]
