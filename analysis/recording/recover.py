"""Recovery of a recording whose writer was killed, to a finished file."""

from collections.abc import Sequence
from pathlib import Path

from analysis.recording.finish import write_finished
from analysis.recording.names import demand_free, take_name
from analysis.recording.plots import Plot
from analysis.recording.reader import Recording
from analysis.shared_files import remove_file

STATUS_RECOVERED = "recovered"


def recover(path: Path | str, out: Path | str, plots: Sequence[Plot] = ()) -> int:
    """Copy everything that was committed to a new, finished file. The original is only read.

    Data that differ from their check sums are left out: they become a gap, and an event of kind FAULT reports it.

    Parameters
    ----------
    path : Path
        The unfinished recording.
    out : Path
        Must not exist.
    plots : sequence of Plot
        Plots for viewers.

    Returns
    -------
    int
        Samples of each channel in the new file.

    Raises
    ------
    FileExistsError
        If ``out`` exists.
    RecordingError
        If the original cannot be read.
    """
    target = Path(out)
    demand_free(target)
    part = target.with_name(f".{target.name}.recovering")
    try:
        with Recording(path) as recording:
            recording.leave_out_damaged()
            status = STATUS_RECOVERED if recording.status == "unfinished" else recording.status
            write_finished(part, recording, status, plots)
            samples = recording.n_samples
        take_name(part, target)
    finally:
        remove_file(part)
    return samples
