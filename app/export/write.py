"""Writing of an export: whole or not at all, and never over something that is there."""

import shutil
import uuid
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from analysis.recording.errors import reason
from analysis.shared_files import remove_file, replace_file
from app.export import binary_files, text_files
from app.export.content import Content, ExportError, content_of
from app.export.figures import DOUBLE_mm, SINGLE_mm, write_figures
from app.offline.measurement import Measurement


@dataclass(frozen=True)
class Format:
    """A format: suffix of its file, "" for a folder of several; and what writes it."""

    suffix: str
    write: Callable[[Content, Path], None]
    sentence: str


FORMATS = {
    "csv": Format("", text_files.write_csv, "folder of comma-separated text"),
    "npy": Format(".npz", binary_files.write_npz, "arrays for numpy"),
    "mat": Format(".mat", binary_files.write_mat, "structs for MATLAB"),
    "tdms": Format(".tdms", binary_files.write_tdms, "channels for LabVIEW and DIAdem"),
    "itx": Format(".itx", text_files.write_itx, "waves for Igor Pro"),
    "netcdf": Format(".nc", binary_files.write_netcdf, "NetCDF-4 for xarray"),
    "origin": Format("", text_files.write_origin, "folder of tab-separated text for Origin"),
}

PICTURES = ("pdf", "svg", "png")

WIDTHS = {"single": SINGLE_mm, "double": DOUBLE_mm}


def usual_target(first: Path, format_name: str) -> Path:
    """Return where an export goes if the user does not say: beside the first recording."""
    stem = first.resolve() if first.is_dir() else Path(str(first).removeprefix("@")).with_suffix("")
    if format_name in FORMATS and FORMATS[format_name].suffix:
        return stem.with_name(f"{stem.name}{FORMATS[format_name].suffix}")
    return stem.with_name(f"{stem.name}-{format_name}")


def export(
    measurement: Measurement,
    format_name: str,
    out: Path,
    only: Sequence[str] = (),
    width: str = "single",
    force: bool = False,
) -> None:
    """Export a measurement.

    Parameters
    ----------
    measurement : Measurement
    format_name : str
        One of `FORMATS`, or of `PICTURES` for figures.
    out : Path
        File or folder to write.
    only : sequence of str
        As in `content_of`.
    width : str
        One of `WIDTHS`, for figures.
    force : bool
        Replace what is there.

    Raises
    ------
    ExportError
        If something is there, there is nothing to export, or it can't be written; nothing is left behind then.
    """
    if out.exists() and not force:
        raise ExportError(f"{out} exists already; --force replaces it, -o writes elsewhere")
    write: Callable[[Path], None]
    if format_name in PICTURES:
        write, is_folder = partial(_pictures, measurement, format_name, width), True
    else:
        chosen = FORMATS[format_name]
        write, is_folder = partial(chosen.write, content_of(measurement, only)), not chosen.suffix
    write_whole(out, is_folder, write)


def _pictures(measurement: Measurement, suffix: str, width: str, folder: Path) -> None:
    write_figures(measurement, folder, suffix, WIDTHS[width])


def write_whole(out: Path, is_folder: bool, write: Callable[[Path], None]) -> None:
    """Write a file or folder under another name beside it, then rename it. Raises ``ExportError``."""
    part = out.with_name(f".{out.name}.{uuid.uuid4().hex[:8]}.part")
    try:
        if is_folder:
            part.mkdir(parents=True)
            write(part)
            if out.is_dir():
                shutil.rmtree(out)
            replace_file(part, out)
        else:
            out.parent.mkdir(parents=True, exist_ok=True)
            write(part)
            replace_file(part, out)
    except OSError as error:
        raise ExportError(f"{out}: can't be written ({reason(error)}); nothing was left there") from None
    finally:
        if part.is_dir():
            shutil.rmtree(part, ignore_errors=True)
        else:
            with suppress(OSError):  # there is nothing, not even its folder
                remove_file(part)
