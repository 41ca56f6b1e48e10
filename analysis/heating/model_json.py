"""Conversion of a junction's model to plain data for a file, and back."""

from collections.abc import Mapping
from typing import Any

from analysis.heating.junction_model import JunctionModel
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
    try:
        if content.get("transmission") is None:
            return None
        transmission = kinds.from_json(content["transmission"])
        replicas = [kinds.from_json(replica) for replica in content.get("replicas", ())]
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
            tuple(replicas),
            float("nan") if misfit is None else float(misfit),
            tuple(str(remark) for remark in content.get("remarks", ())),
            bool(content.get("side_known", True)),
            bool(content.get("fitted_level", False)),
            intervals,
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not the model of a junction ({error!r})") from None
