"""Files as other programs write them, and what is imported of them."""

from pathlib import Path

import numpy as np
from igorwriter import IgorWave

from analysis.importers import ImportOptions, read_file
from analysis.importers.assemble import assemble
from analysis.importers.imported import ImportedTraces


def save_wave(path: Path, values: np.ndarray, unit: str = "", step: float = 1.0, step_unit: str = "") -> Path:
    wave = IgorWave(values, name=path.stem)
    if unit:
        wave.set_datascale(unit)
    if step_unit or step != 1.0:
        wave.set_dimscale("x", 0.0, step, step_unit or None)
    wave.save(str(path))
    return path


def imported(*paths: Path, kind: str = "auto", options: ImportOptions | None = None) -> ImportedTraces:
    pieces = [piece for path in paths for piece in read_file(path, kind, options)]
    return assemble(pieces, options or ImportOptions())
