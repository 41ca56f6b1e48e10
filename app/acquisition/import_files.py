"""Import of foreign files: understand them, show what was understood, write a recording."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from analysis.importers import ForeignFile, Piece, Spool, files_in, read_file
from analysis.importers.assemble import assemble
from analysis.importers.imported import SWEEP, ImportedTraces
from analysis.importers.record import record
from analysis.numbers import counted, significant
from analysis.recording.names import demand_free
from app.acquisition.summary import Results, results_of
from app.config.import_profile import ImportProfile

OnStep = Callable[[], Any]

_PREFIXES = {"A": (1e-12, 1e-9, 1e-6, 1e-3, 1.0), "V": (1e-6, 1e-3, 1.0), "m": (1e-12, 1e-9, 1e-6, 1e-3),
             "s": (1e-6, 1e-3, 1.0)}  # fmt: skip
_LETTERS = {1e-12: "p", 1e-9: "n", 1e-6: "µ", 1e-3: "m", 1.0: ""}
_SHOWN = 5

_MOST_ANALYSED = 10_000_000
"""Samples up to which a new recording is analysed at once; the analysis holds all its traces in memory."""


@dataclass(frozen=True, eq=False)
class Understood:
    """Content of files as it would be written.

    Parameters
    ----------
    imported : ImportedTraces
    skipped : tuple of Path
        Files in folders, of unknown format.
    profile : ImportProfile
    unreadable : tuple of str
        Sentences on the files in folders that were left out because they cannot be read.
    """

    imported: ImportedTraces
    skipped: tuple[Path, ...]
    profile: ImportProfile
    unreadable: tuple[str, ...] = ()

    def write(self, out: Path, sample: str = "", notes: str = "", on_trace: OnStep = lambda: None) -> str:
        """Write a new recording; return how it is stored.

        Raises
        ------
        FileExistsError, RecordingError
            As `RecordingWriter` does.
        """
        versions = {name: metadata.version(name) for name in ("hotjunction", "numpy", "h5py")}
        return record(
            self.imported,
            out,
            sample=sample,
            notes=notes,
            versions=versions,
            profile=self.profile.to_toml(),
            on_trace=on_trace,
            results_of=results_of if self.samples <= _MOST_ANALYSED else _not_analysed,
        )

    @property
    def samples(self) -> int:
        """Number of samples of all traces."""
        return sum(len(trace) for trace in self.imported.traces)


def _not_analysed(path: Path) -> Results:
    return [], [], ""


@contextmanager
def understood(
    paths: Sequence[Path], profile: ImportProfile, on_file: OnStep = lambda: None
) -> Iterator[Understood]:
    """Read files, and give their content until the block ends; columns beyond the memory are in a temporary file.

    Raises
    ------
    ForeignFile
        For a given file that cannot be read, if none of those in a folder can, or if there is nothing to import.
    """
    files, skipped = files_in(paths)
    if not files:
        raise ForeignFile(
            f"nothing to import: no file of a known format in {', '.join(map(str, paths))} "
            "(folders inside folders are not searched)"
        )
    options = profile.options()
    given = set(paths)
    unreadable: list[str] = []
    with Spool() as spool:
        pieces: list[Piece] = []
        for file in files:
            try:
                pieces += read_file(file, profile.format, options, spool)
            except ForeignFile as error:
                unreadable.append(str(error))
                if file in given or len(unreadable) == len(files):
                    raise ForeignFile(_one_of(unreadable)) from None
            on_file()
        imported = assemble(pieces, options)
        if not imported.traces:
            raise ForeignFile("nothing to import: no trace holds a value")
        left_out = tuple(f"left out: {sentence}" for sentence in unreadable)
        imported = replace(imported, from_file=(*imported.from_file, *left_out))
        yield Understood(imported, tuple(skipped), profile, tuple(unreadable))


def _one_of(sentences: Sequence[str]) -> str:
    """Return the last of the sentences on unreadable files, with the number of the others."""
    others = len(sentences) - 1
    return sentences[-1] + (f" ({counted(others, 'other file')} can't be read either)" if others else "")


def preview(content: Understood) -> list[str]:
    """Return what was understood of the files, in lines."""
    imported = content.imported
    first = imported.traces[0]
    lengths = [len(trace) for trace in imported.traces]
    span = f"{min(lengths)}" if min(lengths) == max(lengths) else f"{min(lengths)} to {max(lengths)}"
    lines = [f"{imported.title}, {span} samples{'' if len(lengths) == 1 else ' each'}", "  quantities:"]
    beginning = {c.name: c.values for c in first.read(first.start, min(first.start + _SHOWN, first.stop))}
    for channel in imported.channels:
        low, high = imported.extremes.get(channel.name, (np.nan, np.nan))
        values = beginning.get(channel.name, np.empty(0))
        scale, unit = _scale(channel.unit, max(abs(low), abs(high)))
        begins = ", ".join(significant(float(value) / scale) for value in values)
        lines.append(
            f"    {channel.name}: {significant(low / scale)} to {significant(high / scale)} "
            f"{unit or '(unit unknown)'}; begins {begins}"
        )
    if not all(SWEEP in trace.flags for trace in imported.traces) and imported.directions:
        lines.append("  direction: " + ", ".join(f"{n} {name}" for name, n in imported.directions.items()))
    return [*lines, *summary(content)]


def summary(content: Understood) -> list[str]:
    """Return where everything comes from, what is unknown, and what was counted, in lines."""
    imported = content.imported
    lines = []
    for title, entries in (
        ("from the files", imported.from_file),
        ("from the options", imported.from_options),
        ("unknown", imported.unknowns),
        ("counted", [f"{name}: {count}" for name, count in imported.counts.items()]),
        ("skipped, no known format", [path.name for path in content.skipped]),
    ):
        if entries:
            lines.append(f"  {title}:")
        lines += [f"    {entry}" for entry in entries]
    return lines


def headline(content: Understood, out: Path, stored: str) -> str:
    """Return what was written, in a line."""
    imported = content.imported
    channels = ", ".join(f"{c.name} ({c.unit or 'unit unknown'})" for c in imported.channels)
    large = "" if content.samples <= _MOST_ANALYSED else f"; not analysed yet: hotjunction analyze {out}"
    return f"{out}: {imported.title}, {counted(content.samples, 'sample')} of {channels}; {stored}{large}"


def _scale(unit: str, largest: float) -> tuple[float, str]:
    """Return the factor and unit in which a number is easily read."""
    if unit not in _PREFIXES or not np.isfinite(largest) or not largest:
        return 1.0, unit
    scale = max((x for x in _PREFIXES[unit] if x <= largest), default=_PREFIXES[unit][0])
    return scale, f"{_LETTERS[scale]}{unit}"


__all__ = ["Understood", "demand_free", "headline", "preview", "summary", "understood"]
