"""Results as arrays and files."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import xarray

    from app.offline.measurement import Measurement
    from hotjunction.recordings import PathLike


def export(
    measurement: "Measurement",
    out: "PathLike",
    to: str,
    *,
    only: Iterable[str] = (),
    width: Literal["single", "double"] = "single",
    force: bool = False,
) -> Path:
    """Write a measurement for another program, or its figures, as ``hotjunction export`` does.

    Parameters
    ----------
    measurement : Measurement
        From `analyze`.
    out : path
        File or folder to write.
    to : str
        "csv", "npy", "mat", "tdms", "itx", "netcdf", "origin"; "pdf", "svg" or "png" for figures.
    only : iterable of str
        Groups to write, such as "log_histogram" or "peaks"; all if not given.
    width : "single" or "double"
        Width of figures: 86 mm or 178 mm.
    force : bool
        Replace what is there.

    Returns
    -------
    Path
        ``out``.

    Raises
    ------
    ValueError
        For an unknown format, and where there is nothing to write.
    FileExistsError
        If ``out`` exists and ``force`` is not set.
    OSError
        If it can't be written; nothing is left behind then.

    Examples
    --------
    >>> hj.export(hj.analyze("night.h5"), "night.mat", "mat")                     # doctest: +SKIP
    """
    from app.export.content import ExportError
    from app.export.write import FORMATS, PICTURES
    from app.export.write import export as write

    target = Path(out)
    if to not in (*FORMATS, *PICTURES):
        raise ValueError(f"to = {to!r}: must be one of {', '.join((*FORMATS, *PICTURES))}")
    if target.exists() and not force:
        raise FileExistsError(f"{target} exists already; force=True replaces it")
    try:
        write(measurement, to, target, tuple(only), width, force)
    except ExportError as error:
        if isinstance(error.__context__, OSError):
            raise OSError(str(error)) from None
        raise ValueError(str(error)) from None
    return target


def to_xarray(measurement: "Measurement", *, only: Iterable[str] = ()) -> "xarray.Dataset":
    """Return histograms, peaks, plateaus, traces, I-V and heat as one xarray Dataset, with units.

    Parameters
    ----------
    measurement : Measurement
        From `analyze`.
    only : iterable of str
        Groups, such as "log_histogram"; all if not given. Traces follow one another along ``sample``.

    Returns
    -------
    xarray.Dataset
        Variables ``GROUP_NAME`` with attributes ``units`` and ``long_name``; the attribute ``history`` is the
        provenance as JSON.

    Raises
    ------
    ImportError
        If xarray is not installed.
    ValueError
        For an unknown group, or one that the measurement does not have.

    Examples
    --------
    >>> hj.to_xarray(hj.analyze("night.h5")).log_histogram_counts.plot()          # doctest: +SKIP
    """
    from app.export.binary_files import dataset_of
    from app.export.content import ExportError, content_of

    try:
        dataset: xarray.Dataset = dataset_of(content_of(measurement, tuple(only)))
    except ExportError as error:
        kind = ImportError if "install" in str(error) else ValueError
        raise kind(str(error)) from None
    return dataset
