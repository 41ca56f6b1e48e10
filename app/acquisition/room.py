"""Room on this computer for a run: disk for the recording, memory for the buffers."""

import errno
import math
import shutil
import tempfile
from pathlib import Path

import psutil

from analysis.spectra.demodulated import ADDED, Points
from app.acquisition.demodulating import EVERY
from app.config.rig import Rig
from app.console.durations import roughly
from procedures.errors import ImpossibleSetting

BYTES_PER_SAMPLE = 8
SPARE = 1.5
"""Room wanted, as a multiple of the samples' own."""

UNKNOWN_S = 3600.0
"""Duration for which a run of unknown length must have room."""

LONGEST_S = 24 * 3600.0
"""Longest time for which a run must have room from the start: one that is to be stopped by hand may plan any."""

SPARE_MEMORY = 2**30
GB = 1e9


def check_room(rig: Rig, folder: Path, seconds: float, points: Points | None = None) -> None:
    """Refuse a run that would fill the disk or the memory. Raises ``ImpossibleSetting`` before anything moves.

    Parameters
    ----------
    rig : Rig
    folder : Path
        Folder of the recording.
    seconds : float
        Expected duration of the run; NaN if unknown.
    points : Points, optional
        Points that the recording keeps in place of samples.
    """
    check_folder(folder)
    planned_s = UNKNOWN_S if math.isnan(seconds) else min(seconds, LONGEST_S)
    inputs = len(rig.daq.inputs.named)
    per_second = recorded = rig.daq.rate_Hz * inputs * BYTES_PER_SAMPLE
    if points is not None:
        recorded = points.rate_Hz * (inputs + len(ADDED)) * BYTES_PER_SAMPLE + per_second / EVERY
    need, free = SPARE * recorded * planned_s, shutil.disk_usage(folder).free
    if free < need:
        about = "a run of unknown length" if math.isnan(seconds) else roughly(planned_s)
        raise ImpossibleSetting(
            f"The recording needs {_size(need)} for {about}, {_size(free)} are free in {folder}. Free some space, or "
            "record to another disk."
        )
    memory, available = SPARE_MEMORY + per_second * rig.daq.buffer_s, psutil.virtual_memory().available
    if available < memory:
        raise ImpossibleSetting(
            f"A run needs {_size(memory)} of memory, {_size(available)} are free. Close other programs."
        )


def check_folder(folder: Path) -> None:
    """Refuse a folder in which no recording can be written. Raises ``ImpossibleSetting``."""
    if not folder.is_dir():
        raise ImpossibleSetting(f"There is no folder {folder}: make it, or record elsewhere.")
    try:
        with tempfile.TemporaryFile(dir=folder):  # Windows says of every folder that it may be written to
            pass
    except OSError as error:
        raise ImpossibleSetting(
            f"The folder {folder} can't be written to ({error.strerror}): record elsewhere."
        ) from None


def exhausted(error: MemoryError | OSError) -> str:
    """Return the sentences for a run that ran out of memory, handles or the like."""
    number = error.errno if isinstance(error, OSError) else errno.ENOMEM
    known = {
        errno.ENOMEM: "no memory is left",
        errno.EMFILE: "too many files are open",
        errno.ENFILE: "too many files are open",
    }
    why = known.get(number or 0, " ".join(str(error).split()))
    remedy = "Close other programs" if number in known else "Cure that"
    return f"This computer can't go on with the run: {why}. {remedy}, then start it again."


def _size(number: float) -> str:
    return f"{number / GB:.2g} GB" if number >= GB else f"{number / 1e6:.2g} MB"
