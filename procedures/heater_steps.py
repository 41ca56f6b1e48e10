"""Steps of the heater, and of further outputs that keep their values through a run."""

import math
from collections.abc import Mapping

from analysis.records import EventKind
from procedures.context import ProcedureContext
from procedures.errors import HeaterFault, ImpossibleSetting
from procedures.sample_reader import SampleReader
from procedures.steps import Modulate, SetHeater, Settle, SweepStep

LOOK_S = 0.1
"""Time over which the heater's read-back and the thermometers are averaged."""

STEADY_S = 2.0
"""Time over which the slope of a temperature is judged."""


class HeaterSteps:
    """Heater of a rig whose acquisition is running.

    Parameters
    ----------
    context : ProcedureContext
    watch : SampleReader
        Of the same context.
    """

    def __init__(self, context: ProcedureContext, watch: SampleReader) -> None:
        self._context = context
        self._daq = context.daq
        self._watch = watch
        self._outputs_V = dict(context.extra_outputs)

    def set_outputs(self) -> None:
        """Give the outputs beyond bias and z their values of a run."""
        if self._outputs_V:
            self._daq.write(**self._outputs_V)

    def set(self, step: SetHeater) -> tuple[int, Mapping[str, float]]:
        """Set the heater's power; return the first sample that shows it, and the mean inputs afterwards."""
        heater, watch = self._context.heater, self._watch
        if heater is None:
            raise ImpossibleSetting("This rig has no heater: the table [heater] of its rig file is missing.")
        volts = heater.volts(step.power_W, step.polarity)
        self._daq.write(**{heater.output: volts})
        self._outputs_V[heater.output] = volts
        begin = watch.catch_up_with_now()
        watch.read_to(begin + watch.samples(step.settle_s))
        inputs = watch.means(LOOK_S)
        watch.event(
            EventKind.SETTING,
            "heater_W",
            {
                "value": inputs[heater.readback] ** 2 / heater.resistance_ohm,
                "commanded": step.power_W,
                "volts": inputs[heater.readback],
            },
        )
        heater.check_readback(volts, inputs[heater.readback])
        return begin, inputs

    def settle(self, step: Settle) -> tuple[int, Mapping[str, float]]:
        """Read until the mean slope of an input over the last two seconds is small; return begin and mean inputs."""
        watch, begin = self._watch, self._watch.catch_up_with_now()
        previous_K = watch.means(STEADY_S / 2)[step.name]
        for _ in range(math.ceil(2 * step.longest_s / STEADY_S)):
            inputs = watch.means(STEADY_S / 2)
            if abs(inputs[step.name] - previous_K) < step.K_per_s * STEADY_S / 2:
                return begin, inputs
            previous_K = inputs[step.name]
        raise HeaterFault(
            f"The {step.name} thermometer still changes by more than {step.K_per_s:g} K/s after {step.longest_s:g} s. "
            "Wait longer, or look for a draught or a loose heater."
        )

    def steady(self, step: Modulate | SweepStep) -> None:
        """Give the heater its steady voltage again after an alternating one."""
        heater = self._context.heater
        if heater is not None and isinstance(step, Modulate) and step.heater is not None:
            self._daq.write(**{heater.output: self._outputs_V.get(heater.output, 0.0)})

    def check(self, step: Modulate | SweepStep, begin: int) -> None:
        """Raise ``HeaterFault`` if the read-back did not alternate, or has not returned to the steady voltage."""
        heater = self._context.heater
        if heater is not None and isinstance(step, Modulate) and step.heater is not None:
            if self._watch.next - begin > self._context.rate_Hz / float(step.heater.frequency_Hz):
                heater.check_readback(heater.peak_V(step.heater), self._watch.heater_peak_V())
            shown_V = self._watch.means(LOOK_S)[heater.readback]
            heater.check_readback(self._outputs_V.get(heater.output, 0.0), shown_V)
