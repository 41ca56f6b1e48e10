"""The card's calibrations and its temperature, as NI-DAQmx reports them."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from nidaqmx._stubs import nidaqmx_pb2 as messages

from simulators.daqmx.attributes import Attribute, fixed_property
from simulators.daqmx.card import Card
from simulators.daqmx.channels import known_device


def _temperature_C(card: Card) -> float:
    bench = card.bench
    return bench.card.temperature_C + bench.errors.room_K(bench.time_s)


CALIBRATION = {
    "SELF_CAL_SUPPORTED": fixed_property(True),
    "SELF_CAL_LAST_TEMP": Attribute(lambda card: card.bench.card.self_calibrated_C),
    "EXT_CAL_LAST_TEMP": Attribute(lambda card: card.bench.card.self_calibrated_C),
    "EXT_CAL_RECOMMENDED_INTERVAL": fixed_property(24),  # months
    "CAL_DEV_TEMP": Attribute(_temperature_C),
}


def _date(days_ago: Callable[[Card], float], response: Any) -> Callable[[Card, Any, Any], Any]:
    def answer(card: Card, request: Any, context: Any) -> Any:
        known_device(card.bench.card, request.device_name)
        when = datetime.now(UTC) - timedelta(days=days_ago(card))
        return response(year=when.year, month=when.month, day=when.day, hour=when.hour, minute=when.minute)

    return answer


CALIBRATION_CALLS = {
    "GetSelfCalLastDateAndTime": _date(
        lambda card: card.bench.card.self_calibrated_days_ago, messages.GetSelfCalLastDateAndTimeResponse
    ),
    "GetExtCalLastDateAndTime": _date(
        lambda card: card.bench.card.externally_calibrated_days_ago,
        messages.GetExtCalLastDateAndTimeResponse,
    ),
}
