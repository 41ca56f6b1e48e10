"""Fit problems of `analysis.buettiker` from checked model files with a floating probe."""

from analysis.buettiker.fit_data import HeatPoints, ProbeData
from analysis.buettiker.fit_family import ProbedFamily
from analysis.fitting.data import CurrentData, paired_covariance
from app.config.toml import FileError
from app.models.build import measured_of
from app.models.fields import Free
from app.models.schema import Model


def data_of(model: Model, current: CurrentData) -> ProbeData:
    """Return the I-V and the heats named in the file. Raises `FileError`."""
    section, heat = model.file.measured, None
    if section is not None:
        for name in ("conductance_G0", "seebeck_V_per_K"):
            if getattr(section, name) is not None:
                raise FileError(
                    f"{model.path}: measured.{name}: a fit with a floating probe takes I-V and heating"
                )
        found = measured_of(model).get("heating")
        if found is not None:
            covariance = paired_covariance(found.voltage_V, found.sigma_W, section.heating_correlation)
            heat = HeatPoints(found.voltage_V, found.heat_probe_W, covariance, section.heating_scale_sigma)
    return ProbeData(current, heat, *model.file.temperatures_K)


def floating_family_of(model: Model) -> ProbedFamily:
    """Return the family of junctions of a file: one level, or a Hueckel molecule whose on-site energy is the level.

    Raises
    ------
    FileError
        For another kind of transmission, more than one level, or free numbers that such a fit leaves alone.
    """
    floating = model.file.floating_probe
    if floating is None:
        raise FileError(f"{model.path}: floating_probe: is missing")
    for name, value in (("voltage_V", model.file.voltage_V), ("probe", model.file.probe)):
        if value is not None:
            raise FileError(
                f"{model.path}: {name}: has no effect on a fit with a floating probe, and such a file is for nothing "
                "else; leave it out"
            )
    drop = model.file.bias_drop
    for name, value in (("bias_drop", drop), ("molecules", model.file.molecules)):
        if isinstance(value, Free):
            raise FileError(f"{model.path}: {name}: must be a number in a fit with a floating probe")
    if model.file.molecules != 1.0:
        raise FileError(f"{model.path}: molecules: must be 1 in a fit with a floating probe")
    try:
        return model.section.probed_family(model.context, floating)
    except ValueError as error:
        raise FileError(f"{model.path}: {error}") from None
