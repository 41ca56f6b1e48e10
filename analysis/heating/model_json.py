"""Conversion of a junction's model to plain data for a file, and back."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from analysis.heating.junction_model import JunctionModel
from analysis.json_data import from_json
from analysis.transport import kinds


def to_plain(model: JunctionModel) -> dict[str, Any]:
    """Convert a model to plain data: `JunctionModel.to_json` plus its transmission.

    Raises
    ------
    ValueError
        For a transmission of a kind that is not registered in `analysis.transport.kinds`.
    """
    return {
        **model.to_json(),
        "transmission": kinds.to_json(model.transmission),
        "replicas": [kinds.to_json(replica) for replica in model.replicas],
        "fitted_level": model.fitted_level,
    }


def from_plain(content: Mapping[str, Any]) -> JunctionModel | None:
    """Convert the data of `to_plain` to a model; None if they hold no transmission.

    Raises
    ------
    ValueError
        For data that `to_plain` did not write.
    """
    saved = from_json(content, _SavedModel)
    if saved.transmission is None:
        return None
    return JunctionModel(
        kinds.from_json(saved.transmission),
        saved.source,
        saved.temperature_K,
        {name: (fitted.value, fitted.error) for name, fitted in saved.parameters.items()},
        tuple(map(kinds.from_json, saved.replicas)),
        saved.misfit,
        saved.remarks,
        saved.side_known,
        saved.fitted_level,
        {
            name: fitted.interval_95
            for name, fitted in saved.parameters.items()
            if fitted.interval_95 and all(map(math.isfinite, fitted.interval_95))
        },
    )


@dataclass(frozen=True)
class _FittedParameter:
    """Entry of a parameter in `JunctionModel.to_json`."""

    value: float
    error: float
    interval_95: tuple[float, float] | None = None


@dataclass(frozen=True)
class _SavedModel:
    """Data of `to_plain`; defaults are for those of earlier versions."""

    source: str
    temperature_K: float
    transmission: dict[str, Any] | None = None
    replicas: tuple[dict[str, Any], ...] = ()
    parameters: Mapping[str, _FittedParameter] = field(default_factory=dict)
    misfit: float = math.nan
    remarks: tuple[str, ...] = ()
    side_known: bool = True
    fitted_level: bool = False
