"""A transmission from a model file, as what a measurement is compared with."""

from collections.abc import Sequence
from pathlib import Path

from analysis.iv_mean import MeanIV
from analysis.junction_model import JunctionModel, model_of_family
from app.model_build import family_of, molecules_of, start_of
from app.model_file import load_model
from app.toml_file import FileError


def imported_model(path: Path, iv: MeanIV | None, replicas: Sequence[MeanIV] = ()) -> JunctionModel:
    """The model of a file; numbers that are free in it are fitted to the I-V, where there is one.

    Raises
    ------
    FileError
        For a file that is no model, or not of a single junction whose electrodes have one temperature.
    """
    model = load_model(path)
    temperature_K, substrate_K = model.file.temperatures_K
    if temperature_K != substrate_K:
        raise FileError(f"{path}: heating is compared with electrodes of one temperature; give temperature_K")
    if molecules_of(model) != 1.0:
        raise FileError(f"{path}: molecules: heating is measured with single junctions; leave it out")
    family = family_of(model)
    free = [parameter.name for parameter in family.parameters]
    if free and iv is not None:
        source = f"{path.name}, {', '.join(free)} fitted to the mean I-V of {iv.junctions} junctions"
        try:
            return model_of_family(family, iv, replicas, source, temperature_K)
        except ValueError as error:
            raise FileError(f"{path}: {error}") from None
    remarks = (f"{', '.join(free)}: taken at the start, there is no I-V to fit to.",) if free else ()
    transmission = family.transmission(start_of(family))
    return JunctionModel(transmission, path.name, temperature_K, remarks=remarks)
