"""Steps of the heater, and of further outputs that keep their values through a run."""

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import numpy as np

from analysis.records import Block, EventKind, FloatArray
from procedures.alternating import AlternatingBias, LiveConductance
from procedures.contact_checks.path_watch import PathWatch
from procedures.context import ProcedureContext
from procedures.errors import HeaterFault, ImpossibleSetting
from procedures.sample_reader import SampleReader
from procedures.steps import FINISHED, Modulate, Outcome, SetHeater, Settle, SweepStep

LOOK_S = 0.1
"""Time over which the heater's read-back and the thermometers are averaged."""

REACTION_S = 0.05
"""Longest time between two looks at the current while tip and substrate expand."""

STEADY_S = 2.0
"""Time over which the slope of a temperature is judged."""

Look = Callable[[Block], str]
"""Return the name of the detector that fired on the next samples, or ""."""


class HeaterSteps:
    """Heater of a rig whose acquisition is running.

    Parameters
    ----------
    context : ProcedureContext
    watch : SampleReader
        Of the same context.
    alternating : AlternatingBias
        Plays the bias of steps with a `WatchingBias`.
    """

    def __init__(self, context: ProcedureContext, watch: SampleReader, alternating: AlternatingBias) -> None:
        self._context = context
        self._daq = context.daq
        self._watch = watch
        self._alternating = alternating
        self._outputs_V = dict(context.extra_outputs)

    def set_outputs(self) -> None:
        """Give the outputs beyond bias and z their values of a run."""
        if self._outputs_V:
            self._daq.write(**self._outputs_V)

    def set(self, step: SetHeater) -> Outcome:
        """Set the heater's power and wait; the outcome has the mean inputs afterwards, unless a detector fired."""
        heater, watch = self._context.heater, self._watch
        if heater is None:
            raise ImpossibleSetting("This rig has no heater: the table [heater] of its rig file is missing.")
        volts = heater.volts(step.power_W, step.polarity)
        self._daq.write(**{heater.output: volts})
        self._outputs_V[heater.output] = volts
        begin = watch.catch_up_with_now()
        with self._watching(step) as look:
            ended, _ = self._wait(step.settle_s, look)
        if ended != FINISHED:
            return self._outcome(ended, begin)
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
        return self._outcome(ended, begin, inputs)

    def settle(self, step: Settle) -> Outcome:
        """Read until the mean slope of an input over two seconds is small, or a detector fires."""
        begin, previous_K = self._watch.catch_up_with_now(), math.nan
        with self._watching(step) as look:
            for _ in range(math.ceil(2 * step.longest_s / STEADY_S) + 1):
                ended, inputs = self._wait(STEADY_S / 2, look)
                if ended != FINISHED:
                    return self._outcome(ended, begin)
                if abs(inputs[step.name] - previous_K) < step.K_per_s * STEADY_S / 2:
                    return self._outcome(ended, begin, inputs)
                previous_K = inputs[step.name]
        raise HeaterFault(
            f"The {step.name} thermometer still changes by more than {step.K_per_s:g} K/s after {step.longest_s:g} s. "
            "Wait longer, or look for a draught or a loose heater."
        )

    @contextmanager
    def _watching(self, step: SetHeater | Settle) -> Iterator[Look]:
        """Yield what looks at each block; play a watching bias inside the block."""
        watch, until = self._watch, step.until

        def fired(conductance_G0: FloatArray) -> str:
            return next((name for name, one in until.items() if one.feed(conductance_G0) is not None), "")

        if step.watching is None:
            yield lambda block: fired(watch.conductance_G0(block))
            return
        sine = step.watching.sine
        live = LiveConductance(sine, self._context.rate_Hz, 0.0, watch.amplifier, first_G0=0.0)
        path = PathWatch(self._context, step.watching, watch.amplifier)
        with self._alternating.repeated(sine) as settled:

            def look(block: Block) -> str:
                shown = block.part(settled, block.stop)
                touched = fired(live(shown))
                if not touched:
                    path.feed(shown)
                return touched

            yield look

    def _wait(self, duration_s: float, look: Look) -> tuple[str, dict[str, float]]:
        """Read for a while; return the name of the detector that fired, or "finished", and the mean inputs."""
        watch, blocks = self._watch, list[Block]()
        end = watch.next + watch.samples(duration_s)
        while watch.next < end:
            for block in watch.read_to(min(end, watch.next + watch.samples(REACTION_S))):
                blocks.append(block)
                if fired := look(block):
                    return fired, {}
        means = np.concatenate([block.data for block in blocks], axis=1).mean(axis=1)
        return FINISHED, dict(zip(blocks[0].channels, means.tolist(), strict=True))

    def _outcome(self, ended: str, begin: int, inputs: Mapping[str, float] | None = None) -> Outcome:
        extension_m = self._daq.held["z"] * self._context.extension_m_per_V
        return Outcome(ended, extension_m, (begin, self._watch.next), inputs=inputs or {})

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
