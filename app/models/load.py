"""Transmission from a model file or its fit, for comparison with a measurement."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from analysis.bounded_files import read_json
from analysis.fitting.families import TransmissionFamily, starts_of
from analysis.heating.junction_model import JunctionModel, model_of_family
from analysis.heating.model_json import from_plain
from analysis.iv.mean import MeanIV
from app.config.toml import FileError
from app.models.build import family_of, molecules_of
from app.models.schema import load_transmission

FIT_ENDING = ".json"


def imported_model(path: Path, iv: MeanIV | None) -> JunctionModel:
    """Return the model of a file; fit its free numbers to the I-V, if there is one.

    Raises
    ------
    FileError
        For a file that is no model, or not of a single junction whose electrodes have one temperature.
    """
    family, temperature_K = _single_junction(path)
    free = [parameter.name for parameter in family.parameters]
    if free and iv is not None:
        source = f"{path.name}, {', '.join(free)} fitted to the mean I-V of {iv.junctions} junctions"
        try:
            return model_of_family(family, iv, source, temperature_K)
        except ValueError as error:
            raise FileError(f"{path}: {error}") from None
    remarks = (f"{', '.join(free)}: taken at the start, there is no I-V to fit to.",) if free else ()
    transmission = family.transmission(starts_of(family))
    return JunctionModel(transmission, path.name, temperature_K, remarks=remarks)


def opened_model(path: Path) -> JunctionModel:
    """Load a model file (TOML), the output of ``hotjunction fit --json``, or an analysis saved with a model.

    Raises
    ------
    FileError
        As `imported_model`, and for JSON of another kind.
    """
    if path.suffix.lower() != FIT_ENDING:
        return imported_model(path, None)
    try:
        content: Any = read_json(path)
    except (OSError, ValueError) as error:
        raise FileError(f"{path} can't be read ({error})") from None
    content = content if isinstance(content, Mapping) else {}
    if "model" in content and "parameters" in content:
        return _of_fit(path, content)
    results = content.get("results")
    saved = results.get("model") if isinstance(results, Mapping) else None
    try:
        kept = from_plain(saved) if isinstance(saved, Mapping) else None
    except ValueError as error:
        raise FileError(f"{path}: {error}") from None
    if kept is None:
        raise FileError(
            f"{path}: no transmission in it; a model file (.toml), the JSON of one `hotjunction fit --json`, or an "
            "analysis that was saved with a model has one"
        )
    return kept


def _of_fit(path: Path, report: Mapping[str, Any]) -> JunctionModel:
    """Return the fitted model file, from its path or from beside the fit, with the fitted numbers."""
    wanted = Path(str(report["model"]))
    model = wanted if wanted.is_file() else path.with_name(wanted.name)
    if not model.is_file():
        raise FileError(f"{path}: its model {wanted} is gone; put it beside this file")
    family, temperature_K = _single_junction(model)
    try:
        found = {
            name: (float(one["value"]), float("nan") if one["error"] is None else float(one["error"]))
            for name, one in report["parameters"].items()
        }
        values = np.array([found[parameter.name][0] for parameter in family.parameters])
    except (KeyError, TypeError, ValueError, AttributeError):
        raise FileError(f"{path}: not of a fit of {model.name} as it is now; fit again") from None
    return JunctionModel(
        family.transmission(values), f"{model.name}, fitted in {path.name}", temperature_K, found
    )


def _single_junction(path: Path) -> tuple[TransmissionFamily, float]:
    """Return the family of a model file and its temperature in K."""
    model = load_transmission(path)
    temperature_K, substrate_K = model.file.temperatures_K
    if temperature_K != substrate_K:
        raise FileError(f"{path}: heating is compared with electrodes of one temperature; give temperature_K")
    if molecules_of(model) != 1.0:
        raise FileError(f"{path}: molecules: heating is measured with single junctions; leave it out")
    return family_of(model), temperature_K
