"""Writing imported traces as a recording."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from analysis.importers.imported import SWEEP, ImportedTrace, ImportedTraces
from analysis.importers.quantities import ImportedColumn
from analysis.importers.spool import BLOCK
from analysis.recording import Plot, PlotAxis, RecordingWriter, RunHeader, TraceEntry
from analysis.recording.run_log import log_of
from analysis.records import Block
from analysis.shared_files import remove_file


def record(
    imported: ImportedTraces,
    path: Path,
    *,
    sample: str = "",
    notes: str = "",
    versions: Mapping[str, str] | None = None,
    profile: str = "",
    on_trace: Callable[[], object] = lambda: None,
    results_of: Callable[[Path], tuple[Sequence[Plot], Sequence[TraceEntry], str]] = lambda path: (
        (),
        (),
        "",
    ),
) -> str:
    """Write the traces one after another; quantities that a trace lacks are NaN.

    Parameters
    ----------
    imported : ImportedTraces
    path : Path
        New file.
    sample, notes : str
        The user's text.
    versions : mapping, optional
        Versions of the programs.
    profile : str
        The user's import profile, as TOML; kept in the recording.
    on_trace : callable
        Called after each trace, to show progress.
    results_of : callable
        Called with the recording before it is closed; returns the plots, the changed entries of the index of
        traces, and the result in a line.

    Returns
    -------
    str
        Storage of the file, as returned by `RecordingWriter.close`.

    Raises
    ------
    FileExistsError, RecordingError
        As `RecordingWriter` does.
    """
    header = RunHeader(
        procedure="import",
        channels=imported.channels,
        rate_Hz=imported.rate_Hz,
        title=imported.title,
        sample=sample,
        notes=notes,
        parameters={
            "from_file": imported.from_file,
            "from_options": imported.from_options,
            "counts": dict(imported.counts),
            "profile": profile,
        },
        settings=imported.settings,
        versions=versions or {},
        provenance="imported",
        sources=imported.sources,
        unknowns=imported.unknowns,
    )
    first = 0
    names = header.channel_names
    writer = RecordingWriter(path, header, save_every_s=float("inf"))
    try:
        for number, trace in enumerate(imported.traces):
            begun = first
            for columns in trace.blocks():
                writer.append(Block(first, imported.rate_Hz, names, _frame(columns, names)))
                first += len(columns[0])
            writer.add_trace(_entry(number, begun, first, trace))
            on_trace()
        writer.flush()
        plots, entries, result = results_of(writer.path)
        return writer.close(plots=plots or [_plot(imported.traces[0])], entries=entries, result=result)
    except BaseException:
        writer.abandon()
        for left in (
            path,
            log_of(path),
        ):  # the data are safe in the imported files; half an import is useless
            remove_file(left)
        raise


def _frame(columns: Sequence[ImportedColumn], names: Sequence[str]) -> np.ndarray:
    values = {column.name: column.values for column in columns}
    absent = np.full(len(columns[0]), np.nan)
    return np.stack([np.asarray(values.get(name, absent), dtype=float) for name in names])


def _entry(number: int, start: int, stop: int, trace: ImportedTrace) -> TraceEntry:
    entry = TraceEntry(
        number,
        start,
        stop,
        flags=(*trace.flags, "rejected on import") if trace.rejected else trace.flags,
        bias_V=trace.bias_V,
        source=trace.source,
        settings=trace.settings,
    )
    return entry.rejected(trace.rejected) if trace.rejected else entry


def _plot(trace: ImportedTrace) -> Plot:
    """Return a plot of the first trace for viewers: against the bias for a sweep, otherwise against the sample."""
    beginning = trace.read(trace.start, min(trace.start + BLOCK, trace.stop))
    by_name = {quantity.name: quantity for quantity in beginning}
    signal = next(q for q in beginning if q.name not in ("bias", "time") or len(by_name) == 1)
    if SWEEP in trace.flags:
        axis = PlotAxis("bias", np.asarray(by_name["bias"].values, dtype=float), by_name["bias"].unit)
    else:
        axis = PlotAxis("sample", np.arange(float(len(signal))))
    values = np.asarray(signal.values, dtype=float)
    return Plot("trace", trace.source, PlotAxis(signal.name, values, signal.unit), (axis,))
