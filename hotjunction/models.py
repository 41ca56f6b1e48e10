"""Fits of transmission models to I-V curves, and predictions from them."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from analysis.buettiker.fit_comparison import ProbeComparison
    from analysis.fitting.result import FitResult
    from analysis.iv.curves import IVCurves
    from analysis.transport.landauer import Currents, LinearResponse
    from analysis.transport.transmission import Transmission
    from app.models.probe_circuit import Solved
    from app.models.schema import Model
    from hotjunction.recordings import PathLike, Paths


class Prediction(NamedTuple):
    """Charge and heat currents of a transmission. Made by `predict`.

    Parameters
    ----------
    linear : LinearResponse
        ``conductance_G0``, ``seebeck_V_per_K``, ``thermal_conductance_W_per_K`` at zero bias, of one junction.
    currents : Currents
        ``current_A``, ``heat_probe_W``, ``heat_substrate_W`` at each ``bias_V``, of one junction.
    molecules : float
        Junctions in parallel: multiply currents and conductances by it.
    """

    linear: "LinearResponse"
    currents: "Currents"
    molecules: float = 1.0


def fit(
    data: "Paths",
    model: "PathLike",
    *,
    average: Literal["mean", "log"] = "mean",
    relative_error: float | None = None,
    units: Mapping[str, str] | None = None,
    starts: int = 8,
) -> "FitResult":
    """Fit the free numbers of a model file to I-V curves, as ``hotjunction fit`` does.

    Parameters
    ----------
    data : path or iterable of paths
        Recordings, or text and CSV with columns of voltage and current. Of several curves the mean is fitted.
    model : path
        Model file (TOML). Numbers written as ``{ start =, min =, max = }`` are free.
    average : "mean" or "log"
        Mean of the currents, or of their logarithms (then these are fitted).
    relative_error : float, optional
        Uncertainty of data without one, as a fraction of the current.
    units : mapping of str to str, optional
        Units of columns that have none, as ``{"current": "nA"}``.
    starts : int
        Starting points of the search.

    Returns
    -------
    FitResult
        ``names``, ``values`` (eV for energies and widths), ``errors`` (half a 68 % interval; infinite where the data
        do not fix a number), ``remarks``, and the fitted ``transmission``, which `predict` takes.

    Raises
    ------
    FileNotFoundError
        If there is no such file of data.
    ValueError
        For data that can't be read or fitted; the message names file and column.
    FileError
        For a model file that is missing, misspelt or of another kind; the message names the key.

    See Also
    --------
    compare_probes : For a model file with a section ``floating_probe``.

    Examples
    --------
    >>> found = hj.fit("iv.csv", "level.toml")                                   # doctest: +SKIP
    >>> dict(zip(found.names, zip(found.values, found.errors)))                  # doctest: +SKIP
    """
    from app.models.fit import fit_model

    checked = _loaded(model)
    if checked.file.floating_probe is not None:
        raise ValueError(f"{model} compares probes (section floating_probe); use hotjunction.compare_probes")
    if average not in ("mean", "log"):
        raise ValueError(f"average = {average!r}: must be 'mean' or 'log'")
    return fit_model(checked, _curves(data, units), average, relative_error, starts).result


def compare_probes(
    data: "Paths",
    model: "PathLike",
    *,
    relative_error: float | None = None,
    units: Mapping[str, str] | None = None,
    starts: int = 8,
) -> "ProbeComparison":
    """Fit a junction without a probe, with a voltage probe and with a voltage-temperature probe, and compare them.

    Parameters
    ----------
    data : path or iterable of paths
        As for `fit`.
    model : path
        Model file with a section ``floating_probe``.
    relative_error : float, optional
        Uncertainty of data without one, as a fraction of the current.
    units : mapping of str to str, optional
        As for `fit`.
    starts : int
        Starting points of each search.

    Returns
    -------
    Comparison
        ``supported`` names the model that the data single out ("none", "voltage", "voltage-temperature"; None where
        they do not), ``candidates`` the fits, ``delta_aicc`` and ``weights`` how they compare.

    Raises
    ------
    FileNotFoundError
        If there is no such file of data.
    ValueError
        For data that can't be read or have no uncertainty, and for a model without ``floating_probe``.
    FileError
        For a model file that can't be used.

    Examples
    --------
    >>> hj.compare_probes("iv.csv", "fit-probes.toml", relative_error=0.02).supported  # doctest: +SKIP
    """
    from app.models.fit import compare_models

    checked = _loaded(model)
    if checked.file.floating_probe is None:
        raise ValueError(f"{model} has no section floating_probe; use hotjunction.fit")
    return compare_models(checked, _curves(data, units), relative_error, starts)[0]


def predict(
    model: "PathLike | Transmission",
    voltage_V: "ArrayLike | None" = None,
    *,
    temperature_K: float | tuple[float, float] | None = None,
) -> Prediction:
    """Predict the current and the heat left in each electrode.

    Parameters
    ----------
    model : path or Transmission
        Model file (TOML), whose free numbers are taken at their start; or a transmission, as ``fit(...).transmission``.
    voltage_V : array_like, optional
        Bias in V: positive where the substrate is higher than the grounded probe. From the model file if not given.
    temperature_K : float or (float, float), optional
        Temperature in K of both electrodes, or of probe and substrate. From the model file, or 300 K, if not given.

    Returns
    -------
    Prediction
        ``linear`` (conductance, Seebeck coefficient), ``currents`` (in A and W, heat positive where it is dissipated).

    Raises
    ------
    ValueError
        Without a voltage, and for a voltage or temperature that is not possible.
    FileError
        For a model file that is missing, misspelt or of another kind; the message names the key.

    See Also
    --------
    predict_terminals : For a model file with Büttiker probes.

    Examples
    --------
    >>> prediction = hj.predict("bdnc.toml", [-1.0, 1.0])                        # doctest: +SKIP
    >>> prediction.currents.heat_probe_W                                         # doctest: +SKIP
    """
    from analysis.fitting.families import starts_of
    from analysis.transport.landauer import currents, linear_response
    from analysis.transport.transmission import Transmission
    from app.models.build import family_of, molecules_of

    number: float = 1.0
    between = (300.0, 300.0)
    if isinstance(model, str | os.PathLike):
        checked = _loaded(model)
        family = family_of(checked)
        transmission: Transmission = family.transmission(starts_of(family))
        molecules = molecules_of(checked)
        number = molecules if isinstance(molecules, float) else molecules.start
        between = checked.file.temperatures_K
        voltage_V = checked.voltages_V if voltage_V is None else voltage_V
    else:
        transmission = model
    if temperature_K is not None:
        between = temperature_K if isinstance(temperature_K, tuple) else (temperature_K, temperature_K)
    if voltage_V is None or voltage_V == ():
        raise ValueError("predict needs voltage_V: neither the call nor the model gives a bias")
    linear = linear_response(transmission, 0.5 * sum(between))
    return Prediction(linear, currents(transmission, voltage_V, *between), number)


def predict_terminals(model: "PathLike") -> "Solved":
    """Predict particle and heat currents into every terminal of a junction with Büttiker probes.

    Parameters
    ----------
    model : path
        Model file (TOML) with ``terminals``.

    Returns
    -------
    Solved
        ``currents`` (each terminal at each level alignment, in particles per second and W), ``seebeck_V_per_K``.

    Raises
    ------
    FileError
        For a model file that is missing, misspelt or of another kind; the message names the key.
    ValueError
        Where a probe does not settle.

    Examples
    --------
    >>> hj.predict_terminals("benzene-probe.toml").currents.heat_current_W       # doctest: +SKIP
    """
    from app.models.schema import load_terminals

    checked = load_terminals(Path(model))
    (solved,) = checked.circuit.solved([checked.junction], checked.level_alignment_eV)
    return solved


def _loaded(model: "PathLike") -> "Model":
    from app.models.schema import load_transmission

    return load_transmission(Path(model))


def _curves(data: "Paths", units: Mapping[str, str] | None) -> "IVCurves":
    from analysis.importers import ImportOptions
    from analysis.iv.curves import read_curves
    from hotjunction.recordings import existing

    return read_curves(existing(data), ImportOptions(units=units or {}))
