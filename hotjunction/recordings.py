"""Recordings and their analysis."""

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, overload

if TYPE_CHECKING:
    import xarray

    from analysis.heating.holds import Hold
    from analysis.iv.mean import MeanIV
    from analysis.records import Trace
    from app.offline.measurement import Measurement
    from app.offline.recordings import Part

PathLike: TypeAlias = str | os.PathLike[str]

Paths: TypeAlias = PathLike | Iterable[PathLike]


class Recordings(Sequence["Part"]):
    """Recordings in the order of their start. Made by `hotjunction.open`.

    A sequence of ``Part``: ``recordings[0].header``, ``.status``, ``.n_samples``, ``.doubts`` describe one file. No
    file stays open: each method opens what it reads, so that a run can still be recorded or a file moved.

    Parameters
    ----------
    parts : sequence of Part
        As from ``app.offline.recordings.describe``.
    """

    def __init__(self, parts: "Sequence[Part]") -> None:
        self._parts = tuple(parts)

    @overload
    def __getitem__(self, index: int) -> "Part": ...
    @overload
    def __getitem__(self, index: slice) -> "Recordings": ...
    def __getitem__(self, index: int | slice) -> "Part | Recordings":
        return Recordings(self._parts[index]) if isinstance(index, slice) else self._parts[index]

    def __len__(self) -> int:
        return len(self._parts)

    def __repr__(self) -> str:
        lines = (
            f"  {part.path.name}: {part.header.procedure}, {part.status}, {part.n_samples} "
            f"{'demodulated points' if part.header.demodulated else 'samples'}"
            for part in self._parts
        )
        return "\n".join([f"{len(self)} recording{'s' if len(self) > 1 else ''}", *lines])

    @property
    def paths(self) -> tuple[Path, ...]:
        """Paths of the files."""
        return tuple(part.path for part in self._parts)

    def traces(self) -> "Iterator[Trace]":
        """Return all opening traces, those included that a selection would reject.

        Yields
        ------
        Trace
            ``displacement_m`` in m, ``conductance_G0`` in units of 2e²/h, ``bias_V`` in V. Numbers run on from one
            recording to the next.

        Raises
        ------
        RecordingError
            For a damaged file, or one without a current or its gain.

        Examples
        --------
        >>> recordings = hj.open("night.h5")                                     # doctest: +SKIP
        >>> longest = max(recordings.traces(), key=lambda t: t.displacement_m[-1])  # doctest: +SKIP
        """
        from dataclasses import replace

        from analysis.recording import Recording, damage_told
        from analysis.traces.read import traces_of

        first = 0
        for path in self.paths:
            number = first - 1
            with Recording(path) as recording, damage_told(path, "its list of events"):
                for trace in traces_of(recording):
                    number = first + trace.number
                    yield replace(trace, number=number)
            first = number + 1

    def traces_to_xarray(self, largest: int = 20_000_000) -> "xarray.Dataset":
        """Return all opening traces as an xarray Dataset, shorter ones filled up with NaN.

        Parameters
        ----------
        largest : int
            Number of values, NaN included, above which nothing is returned.

        Returns
        -------
        xarray.Dataset
            ``conductance`` (in G0) and ``displacement`` (in m) over ``trace`` and ``sample``; ``bias`` (in V), and
            the number of ``samples`` of each trace.

        Raises
        ------
        ImportError
            If xarray is not installed.
        ValueError
            For more values than ``largest``; `traces` gives them one by one.
        RecordingError
            As `traces`.

        Examples
        --------
        >>> hj.open("night.h5").traces_to_xarray().conductance.median("trace")   # doctest: +SKIP
        """
        import numpy as np

        xarray = _xarray()
        traces, longest = [], 0
        for trace in self.traces():
            traces.append(trace)
            longest = max(longest, trace.conductance_G0.size)
            if len(traces) * longest > largest:
                raise ValueError(
                    f"{len(traces)} traces of up to {longest} samples are more than {largest} values; take fewer "
                    "recordings, a larger limit, or traces(), which gives one after another"
                )
        filled = np.full((2, len(traces), longest), np.nan)
        for row, trace in enumerate(traces):
            filled[:, row, : trace.conductance_G0.size] = trace.conductance_G0, trace.displacement_m
        dims = ("trace", "sample")
        return xarray.Dataset(
            {
                "conductance": (dims, filled[0], {"units": "G0"}),
                "displacement": (dims, filled[1], {"units": "m"}),
                "bias": ("trace", [trace.bias_V for trace in traces], {"units": "V"}),
                "samples": ("trace", [trace.conductance_G0.size for trace in traces], {"units": "1"}),
            },
            {"trace": [trace.number for trace in traces]},
        )

    def holds(self) -> "Iterator[Hold]":
        """Return the held and modulated junctions, with the samples of each.

        Yields
        ------
        Hold
            ``bias_V``, ``current_A`` and ``thermocouple_V`` (at the preamplifier's input) in SI units.

        Raises
        ------
        RecordingError
            For a damaged file, or one that does not say the gains of its amplifiers.

        Examples
        --------
        >>> for hold in hj.open("heat.h5").holds():                               # doctest: +SKIP
        ...     print(hold.number, hold.kind, hold.amplitude_V, hold.before_G0)
        """
        from analysis.heating.holds import holds_of
        from analysis.recording import Recording, damage_told

        for path in self.paths:
            with Recording(path) as recording, damage_told(path, "its list of events"):
                yield from holds_of(recording)

    def iv(self) -> "MeanIV":
        """Return the mean current-voltage curve of the held junctions of all recordings.

        Returns
        -------
        MeanIV
            ``voltage_V`` across the junction, ``current_A``, ``sd_A`` (spread of junctions), ``by_junction_A``.

        Raises
        ------
        ValueError
            If no curve is left; the message counts the reasons.
        RecordingError
            For a damaged file, or one that does not say the gain of its current amplifier.

        Examples
        --------
        >>> iv = hj.open("iv.h5").iv()                                            # doctest: +SKIP
        >>> plt.errorbar(iv.voltage_V, iv.current_A, iv.sd_A)                     # doctest: +SKIP
        """
        from analysis.iv.mean import mean_iv
        from analysis.iv.sweeps import junction_sweeps

        return mean_iv(junction_sweeps(self.paths))

    def to_xarray(
        self, channels: Sequence[str] | None = None, start: int | None = None, stop: int | None = None
    ) -> "xarray.Dataset":
        """Return the samples of one recording as an xarray Dataset, as they were recorded.

        Parameters
        ----------
        channels : sequence of str, optional
            Channels to read; all if not given.
        start, stop : int, optional
            Range of samples ``start <= index < stop``; all if not given. A long recording may not fit in memory.

        Returns
        -------
        xarray.Dataset
            One variable a channel over ``sample``, with attribute ``units`` (volts from a rig) and NaN where samples
            are missing; coordinate ``time`` in s from the start of the acquisition; the gains among the attributes.

        Raises
        ------
        ImportError
            If xarray is not installed.
        ValueError
            For several recordings.
        IndexError, KeyError
            For a range or a channel that the recording does not have.

        Examples
        --------
        >>> samples = hj.open("night.h5").to_xarray(["current", "z"], stop=100_000)  # doctest: +SKIP
        >>> samples.current.plot()                                                # doctest: +SKIP
        """
        import numpy as np

        xarray = _xarray()

        from analysis.recording import Recording

        if len(self) > 1:
            raise ValueError(
                f"to_xarray takes one recording, and these are {len(self)}; "
                f"take one of them: recordings[:1].to_xarray()"
            )
        with Recording(self.paths[0]) as recording:
            names = recording.channels if channels is None else tuple(channels)
            first = recording.first if start is None else start
            end = recording.stop if stop is None else stop
            data = recording.samples(first, end, names)
            index = np.arange(first, end)
            header = recording.header
            variables = {
                name: (
                    "sample",
                    row,
                    {"units": header.channel(name).unit, "long_name": header.channel(name).role},
                )
                for name, row in zip(names, data, strict=True)
            }
            coordinates = {
                "sample": index,
                "time": ("sample", index / recording.rate_Hz, {"units": "s"}),
            }
            described = {"title": header.title, "sample": header.sample, "procedure": header.procedure}
            attributes = {**described, "started": header.started, **header.settings}
            return xarray.Dataset(variables, coordinates, attributes)


def open(paths: Paths) -> Recordings:
    """Open recordings for reading.

    Parameters
    ----------
    paths : path or iterable of paths
        Recordings (.h5), or folders of them.

    Returns
    -------
    Recordings
        In the order in which they began, each file once.

    Raises
    ------
    FileNotFoundError
        If there is no such file or folder.
    RecordingError
        For a file that is no recording or is damaged, and for a folder without a recording; the message names it.

    See Also
    --------
    analyze : Histogram, mean I-V and heat of recordings.

    Examples
    --------
    >>> recordings = hj.open("night.h5")                                         # doctest: +SKIP
    >>> recordings[0].header.sample                                              # doctest: +SKIP
    'BDNC'
    """
    from app.offline.recordings import describe, find_recordings

    return Recordings(describe(find_recordings(existing(paths))))


def analyze(
    recordings: Paths | Recordings,
    *,
    starts_above_G0: float | None = None,
    opens_below_G0: float | None = None,
    molecular_G0: tuple[float, float] | None = None,
    background: str = "linear",
    transmission: PathLike | None = None,
    first_periods: int | None = None,
    workers: int = 1,
) -> "Measurement":
    """Analyse recordings together, as ``hotjunction analyze`` does.

    Parameters
    ----------
    recordings : path, iterable of paths, or Recordings
        Recordings, or folders of them.
    starts_above_G0, opens_below_G0 : float, optional
        Conductance in G0 that a trace must start above and fall below to count; from the data if not given.
    molecular_G0 : tuple of float, optional
        Range in G0 in which peaks of a molecule are sought; from the noise to the metal contact if not given.
    background : "none", "constant" or "linear"
        Background under a fitted Gaussian.
    transmission : path, optional
        Model file to compare the heat with; a level fitted to the I-V curves if not given.
    first_periods : int, optional
        Periods left out after the start of each modulation; by default the run's own parameter.
    workers : int
        Processes that read the files; the result does not depend on their number. A script that asks for several
        must do so under ``if __name__ == "__main__":``.

    Returns
    -------
    Measurement
        ``histogram`` (of opening traces), ``iv``, ``heating`` (with the verdicts of the controls) and
        ``transmission``; None for each kind of which there is no recording. ``warnings``, and ``failed`` (files of
        several that could not be used). Numbers are in SI units, errors are standard errors; the same files give the
        same errors each time.

    Raises
    ------
    FileNotFoundError
        If there is no such file or folder.
    RecordingError
        If no recording can be used.
    ValueError
        For a recording of heating without a calibrated thermometer, or for an unknown background.
    FileError
        For a model file that can't be used.

    Examples
    --------
    >>> measurement = hj.analyze(["au.h5", "heat.h5"])                           # doctest: +SKIP
    >>> [(p.amplitude_V, p.asymmetry_K, p.p_value) for p in measurement.heating.points]  # doctest: +SKIP
    """
    from app.offline.many import analyse_files, files_of, reading_with
    from app.offline.result_cache import NoCache
    from app.offline.traces import ByHand

    if background not in ("none", "constant", "linear"):
        raise ValueError(f"background = {background!r}: must be 'none', 'constant' or 'linear'")
    given = recordings.paths if isinstance(recordings, Recordings) else existing(recordings)
    by_hand = ByHand(starts_above_G0, opens_below_G0, molecular_G0, background)
    model = None if transmission is None else Path(transmission)
    paths, missing = files_of(given)
    with reading_with(paths, workers, NoCache()) as reading:
        return analyse_files(paths, by_hand, model, first_periods, reading, missing)


def _xarray() -> Any:
    try:
        import xarray
    except ImportError:
        raise ImportError(
            "to_xarray needs the package xarray, which is not installed: "
            'python -m pip install "hotjunction[xarray]"'
        ) from None
    return xarray


def existing(paths: Paths) -> list[Path]:
    """Return the paths. Raises ``FileNotFoundError`` for a missing one."""
    several = [paths] if isinstance(paths, str | os.PathLike) else list(paths)
    found = [Path(path) for path in several]
    for path in found:
        if not path.exists():
            raise FileNotFoundError(f"There is no such recording or folder: {path}")
    return found
