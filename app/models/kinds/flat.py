"""``kind = "flat"``: the same transmission at every energy."""

from typing import Literal

from analysis.fitting.families import TransmissionFamily
from analysis.transport.transmission import FlatTransmission
from app.models.fields import Positive
from app.models.kind import ModelContext, TransmissionSection, built_family


class FlatSection(TransmissionSection):
    """``value``: the transmission; above 1 for several channels."""

    kind: Literal["flat"]
    value: Positive

    def family(self, context: ModelContext) -> TransmissionFamily:
        """Return constant transmissions."""
        if context.bias_drop_given:
            raise context.error(
                "bias_drop", "a flat transmission is the same wherever the bias drops; leave it out"
            )
        return built_family(lambda x: FlatTransmission(x[0]), [("value", self.value, True)])
