"""Conversion of a junction's model to plain data for a file, and back."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from analysis.heating.junction_model import JunctionModel
from analysis.transport.transmission import (
    BreitWignerLevel,
    FlatTransmission,
    LevelTransmission,
    Transmission,
)


def to_plain(model: JunctionModel) -> dict[str, Any]:
    """Convert a model to plain data: `JunctionModel.to_json` plus its levels or constant transmission; null for any
    other.
    """
    return {
        **model.to_json(),
        "transmission": _plain(model.transmission),
        "replicas": [_plain(replica) for replica in model.replicas],
        "fitted_level": model.fitted_level,
    }


def from_plain(content: Mapping[str, Any]) -> JunctionModel | None:
    """Convert the data of `to_plain` to a model; None if they hold no transmission.

    Raises
    ------
    ValueError
        For data that `to_plain` did not write.
    """
    try:
        transmission = _transmission(content.get("transmission"))
        if transmission is None:
            return None
        replicas = [_transmission(replica) for replica in content.get("replicas", ())]
        parameters = {
            name: (float(entry["value"]), float("nan") if entry["error"] is None else float(entry["error"]))
            for name, entry in content.get("parameters", {}).items()
        }
        intervals = {
            name: (float(low), float(high))
            for name, one in content.get("parameters", {}).items()
            for low, high in (one.get("interval_95") or (None, None),)
            if low is not None and high is not None
        }
        misfit = content.get("misfit")
        return JunctionModel(
            transmission,
            str(content["source"]),
            float(content["temperature_K"]),
            parameters,
            tuple(replica for replica in replicas if replica is not None),
            float("nan") if misfit is None else float(misfit),
            tuple(str(remark) for remark in content.get("remarks", ())),
            bool(content.get("side_known", True)),
            bool(content.get("fitted_level", False)),
            intervals,
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not the model of a junction ({error!r})") from None


def _plain(transmission: Transmission) -> dict[str, Any] | None:
    match transmission:
        case LevelTransmission():
            return {"levels": [asdict(level) for level in transmission.levels]}
        case FlatTransmission():
            return {"value": transmission.value}
        case _:
            return None


def _transmission(content: Mapping[str, Any] | None) -> Transmission | None:
    if content is None:
        return None
    if "levels" in content:
        return LevelTransmission([BreitWignerLevel(**level) for level in content["levels"]])
    return FlatTransmission(float(content["value"]))
