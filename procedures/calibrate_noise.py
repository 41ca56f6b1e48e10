"""Listen to the thermocouple while nothing is done to it: no bias, the tip back."""

from pymeasure.experiment import FloatParameter, IntegerParameter

from procedures.procedure import Plan, RigProcedure
from procedures.station import Station
from procedures.steps import Hold, Mark, Safe, SetBias


class CalibrateNoise(RigProcedure):
    """Noise of the thermometer: white level and 1/f corner, hence the resolution to expect."""

    name = "calibrate-noise"
    repeats = "stretches"
    cycle = "stretch"
    step = "listen"
    """Name of the step during which nothing is done."""

    stretches = IntegerParameter(
        "Stretches", minimum=1, maximum=10_000, default=10, description="Of listening, one after the other."
    )
    stretch_time = FloatParameter(
        "Stretch", units="s", minimum=4, maximum=600, default=20,
        description="Length of one; the spectrum resolves 1/4 Hz.",
    )  # fmt: skip
    settle = FloatParameter(
        "Settle", units="s", minimum=0, maximum=3600, default=2, description="Before the first."
    )

    def check(self, station: Station) -> None:
        """Nothing that is done here could be beyond the rig's limits."""

    def duration_s(self, station: Station) -> float:
        """All stretches, and the time to settle."""
        return float(self.settle + self.stretches * self.stretch_time)

    def plan(self, station: Station) -> Plan:
        """Bias away, tip back, and listen."""
        yield Safe()
        yield SetBias(0.0)
        if self.settle:
            yield Hold("settle", self.settle, reaction_s=0.5)
        for number in range(self.stretches):
            yield Hold(self.step, self.stretch_time, reaction_s=0.5)
            yield Mark(self.cycle, {"number": number})
        yield Safe()
