"""Analysis of recordings to a measurement: each kind by its own evaluation, then all of them together."""

from collections.abc import Mapping, Sequence
from math import isfinite
from pathlib import Path
from types import MappingProxyType

import numpy as np

from analysis.heating.heating import HeatingAnalysis, summarise
from analysis.heating.junction_model import JunctionModel, model_of_iv
from analysis.heating.points import HeatingPoint
from analysis.heating.runs import EvaluatedRun
from analysis.heating.significance import SEEN_SIGMAS, equivalent_sigmas, pooled
from analysis.iv.mean import MeanIV, mean_iv
from analysis.iv.sweeps import Sweep, junction_sweeps
from analysis.recording import RecordingError
from analysis.statistics.result import StatisticResult
from analysis.traces.result import Analysis
from app.models.load import imported_model
from app.offline.expected_errors import compared_errors, reached_errors
from app.offline.measurement import Measurement
from app.offline.noise import noise_of
from app.offline.peltier import peltier_of
from app.offline.recordings import OPENED, Part, RecordingKind, describe, find_recordings
from app.offline.tasks import Failure, evaluate_holds
from app.offline.thermal_conductance import analyse_openings, analyse_thermal_conductance
from app.offline.thermopower import analyse_ac, analyse_thermopower
from app.offline.trace_files import analyse_described
from app.offline.traces import BOOTSTRAP_SEED, Analysed, ByHand


def analyse_measurement(
    paths: Sequence[Path],
    by_hand: ByHand | None = None,
    transmission: Path | None = None,
    first_periods: int | None = None,
    known: Mapping[Path, Analysis] = MappingProxyType({}),
    evaluated: Mapping[Path, EvaluatedRun] = MappingProxyType({}),
) -> Measurement:
    """Analyse recordings together; all of them must be usable.

    Parameters
    ----------
    paths : sequence of Path
        Recordings, or folders of them; recordings of calibrations are skipped.
    by_hand : ByHand, optional
        The user's choices for traces and their histogram.
    transmission : Path, optional
        Model file as of `hotjunction predict`, in place of a fit to the I-V; free numbers in it are fitted.
    first_periods : int, optional
        Periods left out after the start of each modulation, in place of the recordings' own parameter.
    known : mapping of Path to Analysis
        Earlier analyses of traces, by recording.
    evaluated : mapping of Path to EvaluatedRun
        Earlier evaluations of holds, by recording; not used with ``first_periods``.

    Raises
    ------
    RecordingError
        For an unusable recording, or if there is nothing to analyse.
    UncalibratedThermometer, UnsuitableFilter
        For a recording of heating without temperatures (both are ``ValueError``).
    FileError
        For a model file that can't be used.
    """
    parts = describe(find_recordings(paths))
    return analyse_parts_of(parts, by_hand, transmission, first_periods, known, evaluated)


def analyse_parts_of(
    parts: Sequence[Part],
    by_hand: ByHand | None = None,
    transmission: Path | None = None,
    first_periods: int | None = None,
    known: Mapping[Path, Analysis] = MappingProxyType({}),
    evaluated: Mapping[Path, EvaluatedRun] = MappingProxyType({}),
) -> Measurement:
    """Analyse recordings as `analyse_measurement` does, which were described already."""
    of = _by_kind(parts)
    opened = [part for kind in OPENED for part in of[kind]]
    histogram = analyse_described(opened, by_hand, known) if opened else None
    heating = of[RecordingKind.HEATING]
    runs = [_evaluated(part, first_periods, evaluated) for part in heating]
    return measured(
        parts, histogram, junction_sweeps([x.path for x in of[RecordingKind.IV]]), runs, transmission
    )


def measured(
    parts: Sequence[Part],
    histogram: Analysed | None,
    curves: Sequence[Sweep],
    runs: Sequence[EvaluatedRun],
    transmission: Path | None = None,
    statistics: Mapping[str, StatisticResult] = MappingProxyType({}),
    failed: Sequence[Failure] = (),
    remarks: Sequence[str] = (),
) -> Measurement:
    """Put a measurement together from what its recordings were reduced to.

    Parameters
    ----------
    parts : sequence of Part
        The recordings, by the time at which they began.
    histogram : Analysed, optional
    curves : sequence of Sweep
    runs : sequence of EvaluatedRun
    transmission : Path, optional
        As in `analyse_measurement`.
    statistics : mapping of str to StatisticResult
        Statistics over the records, by name.
    failed : sequence of Failure
        Files that could not be used.
    remarks : sequence of str
        Further sentences for the reader.

    Raises
    ------
    RecordingError
        If there are calibrations only.
    FileError
        For a model file that can't be used.
    """
    of, used = _by_kind(parts), _used(parts)
    iv, why_not = _mean_iv(curves) if of[RecordingKind.IV] else (None, ())
    peltier = peltier_of(of[RecordingKind.PELTIER], runs)
    own_heating = peltier is None or any(not hold.control for run in runs for hold in run.holds)
    heating = None
    if runs and own_heating:
        heating = summarise(list(runs), np.random.default_rng(BOOTSTRAP_SEED))
    model = _model(iv, heating, transmission)
    thermopower, doubts = analyse_thermopower(of[RecordingKind.THERMOPOWER])
    conductance, remarks_on_it = analyse_thermal_conductance(of[RecordingKind.THERMAL_CONDUCTANCE])
    opening, too_few = analyse_openings(of[RecordingKind.THERMAL_OPENING])
    ac, more_doubts = analyse_ac(of[RecordingKind.AC])
    noise = noise_of(of[RecordingKind.NOISE])
    reached = reached_errors(thermopower, conductance, opening, ac, peltier, noise)
    warnings = (
        *(failure.sentence for failure in failed),
        *remarks,
        *why_not,
        *(histogram.copies if histogram else ()),
        *(histogram.analysis.remarks if histogram else ()),
        *_warnings(used, heating),
        *doubts,
        *remarks_on_it,
        *too_few,
        *more_doubts,
        *(peltier.warnings if peltier is not None else ()),
    )
    return Measurement(
        used,
        histogram,
        iv,
        heating,
        model,
        warnings,
        statistics,
        tuple(failed),
        thermopower=thermopower,
        thermal_conductance=conductance,
        opening=opening,
        ac=ac,
        peltier=peltier,
        noise=noise,
        errors=compared_errors(of, reached),
        model_file=transmission,
    )


def _by_kind(parts: Sequence[Part]) -> dict[RecordingKind, list[Part]]:
    """Return the recordings of each kind. Raises ``RecordingError`` if there are calibrations only."""
    of = {kind: [part for part in parts if part.kind is kind] for kind in RecordingKind}
    if parts and len(of[RecordingKind.CALIBRATION]) == len(parts):
        raise RecordingError(
            f"{parts[0].path}: is a recording of a calibration; `hotjunction calibrate show` has its result"
        )
    return of


def _used(parts: Sequence[Part]) -> tuple[Part, ...]:
    return tuple(part for part in parts if part.kind is not RecordingKind.CALIBRATION)


def _mean_iv(curves: Sequence[Sweep]) -> tuple[MeanIV | None, tuple[str, ...]]:
    try:
        return mean_iv(curves), ()
    except ValueError as error:
        return None, (f"I-V: {error}.",)


def _evaluated(part: Part, first_periods: int | None, evaluated: Mapping[Path, EvaluatedRun]) -> EvaluatedRun:
    known = evaluated.get(part.path) if first_periods is None else None
    return known or evaluate_holds(part.path, first_periods, part.path.name)


def _model(iv: MeanIV | None, heating: HeatingAnalysis | None, given: Path | None) -> JunctionModel | None:
    """Return the given transmission, or the one fitted to the I-V, on the side of E_F given by the heat."""
    if iv is None and given is None:
        return None
    if given is not None:
        return imported_model(given, iv)
    assert iv is not None
    return turned_by_heat(model_of_iv(iv), heating.points if heating else ())


def turned_by_heat(model: JunctionModel, points: Sequence[HeatingPoint]) -> JunctionModel:
    """Return the model with its level on the side of E_F given by the heat, if significant.

    The asymmetries of all amplitudes together must be significant (p < 0.0027); points dominated by one junction do
    not count.
    """
    if model.side_known:
        return model
    known = [p for p in points if isfinite(p.p_value)]
    if not known:
        return model
    mean_K, sigma_K, freedom = pooled(
        [p.asymmetry_K for p in known],
        [p.asymmetry.wide_sigma for p in known],
        [p.asymmetry.effective_number - 1.0 for p in known],
    )
    seen = equivalent_sigmas(abs(mean_K) / sigma_K, freedom) >= SEEN_SIGMAS
    return model.turned_to(mean_K) if seen else model


def _warnings(parts: Sequence[Part], heating: HeatingAnalysis | None) -> list[str]:
    found = []
    for part in parts:
        if part.status != "finished":
            found.append(f"{part.path.name}: this run is {part.status}; what was recorded is used.")
        found += [f"{part.path.name}: {doubt}" for doubt in part.doubts]
        if part.gaps:
            found.append(f"{part.path.name}: samples are missing in {part.gaps} places.")
        if part.header.unknowns:
            found.append(f"{part.path.name}: not known: " + "; ".join(part.header.unknowns) + ".")
    samples = list(dict.fromkeys(part.header.sample for part in parts if not part.control))
    if len(samples) > 1:
        named = ", ".join(repr(sample) for sample in samples)
        found.append(
            f"The recordings name different samples ({named}), and are evaluated together all the same."
        )
    selective = sum(
        part.withdrawals for part in parts if part.kind not in (*OPENED, RecordingKind.CALIBRATION)
    )
    if selective and not any(part.kind is RecordingKind.TRACES for part in parts):
        found.append(
            f"There is no histogram: the {selective} withdrawals in these recordings were stopped on plateaus, so that "
            "they are no fair sample. A recording of break-junction has one."
        )
    if heating is not None:
        found += heating.warnings
        if len(heating.thermometers) > 1:
            found.append(
                "Several tips, or several calibrations of one, were used: their points are kept apart."
            )
    return found
