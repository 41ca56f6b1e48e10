"""Checks of every sample of a run: missing numbers, the amplifier's rail, the rig's limits, the thermometer."""

import numpy as np

from analysis.conductance import CurrentCalibration
from analysis.detect import FirstRun
from analysis.high_bias import PAUSE_S, HighBiasTimer
from analysis.preflight.current_input import second_current_text
from analysis.records import Block
from analysis.second_current import TOLERANCE, Comparison
from procedures.context import ProcedureContext
from procedures.errors import AmplifierRailed, CardFault, CurrentInputFault, LimitReached
from procedures.heater import HeaterTrip
from procedures.thermometer_watch import ThermometerWatch

RAIL_S = 1.0
"""Time at the rail without a bias after which a run ends: no junction drives a current then."""

CURRENT_SAMPLES = 3
"""Consecutive samples beyond the limit of the current that end a run."""

MISSING_SAMPLES = 3
"""Consecutive samples without a number that end a run."""

END_EARLY_S = 1.0
"""Time before the limit at which a bias that is high ends a run, so that it is away in time."""


class SampleChecks:
    """Checks that end a run.

    Parameters
    ----------
    context : ProcedureContext
    """

    def __init__(self, context: ProcedureContext) -> None:
        self._context = context
        self._tolerance = context.loop_backs.at("bias")
        self._too_much = FirstRun(CURRENT_SAMPLES)
        high_V = context.high_bias_V + self._tolerance.margin_V(context.high_bias_V)
        self._high_bias = HighBiasTimer(high_V, context.rate_Hz)
        self._heater = None if context.heater is None else HeaterTrip(context.heater)
        self._rail: FirstRun | None = None
        self._missing: FirstRun | None = None
        self._thermometer: ThermometerWatch | None = None
        second = context.facts.second_current
        self._currents = None if second is None else (second.name, Comparison(second))

    def watch_inputs(self) -> None:
        """End the run from now on if the card gives no numbers, or at a rail without a bias for `RAIL_S`."""
        self._missing = FirstRun(MISSING_SAMPLES)
        self._rail = FirstRun(max(1, round(RAIL_S * self._context.rate_Hz)))

    def watch_thermometer(self) -> None:
        """End the run from now on if the thermometer, once heard, is silent."""
        self._thermometer = ThermometerWatch(self._context.facts, self._context.rate_Hz)

    def taken_heater_peak_V(self) -> float:
        """Return the largest modulus of the heater's read-back since the last call; 0 without a heater."""
        return 0.0 if self._heater is None else self._heater.taken_peak_V()

    def feed(self, block: Block, amplifier: CurrentCalibration) -> str:
        """Check the next samples; return a remark for the recording, or "".

        Raises
        ------
        CardFault
            If the card gives no numbers.
        AmplifierRailed, CurrentInputFault, LimitReached, ThermometerFault
        """
        if self._missing is not None:
            self._check_missing(self._missing, block)
        if self._rail is not None:
            self._check_rail(self._rail, block, amplifier)
        self._check_limits(block, amplifier)
        if self._currents is not None:
            self._check_second_current(*self._currents, block)
        if self._thermometer is None:
            return ""
        loop_backs = [block.channel(name) for name in ("bias", "z") if name in block.channels]
        return self._thermometer.feed(block.channel("thermocouple"), loop_backs)

    def _check_missing(self, missing: FirstRun, block: Block) -> None:
        if missing.feed(np.isnan(block.data.sum(axis=0))) is None:
            return
        names = [name for name in block.channels if np.isnan(block.channel(name)).any()]
        inputs = " and ".join(self._context.input_name(name) for name in names)
        raise CardFault(
            f"The card gave no number for the {inputs} in {MISSING_SAMPLES} samples one after the other, so nothing "
            "there can be watched; tip and bias were made safe. Look at the card in NI MAX and at custom scales, and "
            "start the card's server again."
        )

    def _check_rail(self, rail: FirstRun, block: Block, amplifier: CurrentCalibration) -> None:
        volts = block.channel("current")
        railed = amplifier.railed(volts) | np.isnan(volts)
        no_bias = np.abs(block.channel("bias")) < self._tolerance.margin_V(0.0)
        if rail.feed(railed & no_bias) is not None:
            raise AmplifierRailed(
                f"The {self._context.input_name('current')} has been at the amplifier's rail for {RAIL_S:g} s "
                "without a bias: a leak, a tip in contact, or the amplifier's own bias supply. Move the tip back, and "
                "look for the leak."
            )

    def _check_second_current(self, name: str, compared: Comparison, block: Block) -> None:
        ratio = compared.feed(block.channel("current"), block.channel(name))
        if ratio is not None and abs(ratio - 1.0) > TOLERANCE:
            raise CurrentInputFault(second_current_text(ratio, self._context.facts.wiring, name))

    def _check_limits(self, block: Block, amplifier: CurrentCalibration) -> None:
        """End the run where the current, or the time at a high bias, has reached the rig's limit."""
        context, current_A = self._context, np.abs(amplifier.current_A(block.channel("current")))
        beyond = current_A > context.most_current_A
        if self._missing is not None:
            beyond |= np.isnan(current_A)  # it must not hide a current before and after it
        if self._too_much.feed(beyond) is not None:
            largest_A = np.fmax.reduce(current_A, initial=context.most_current_A)
            raise LimitReached(
                f"The current reached {largest_A:.3g} A; the rig file allows limits.current_A = "
                f"{context.most_current_A:g} A. Lower the bias, or raise the limit if the junction bears it."
            )
        if self._heater is not None:
            self._heater.feed(block)
        stay_s = self._high_bias.feed(block.first, block.channel("bias"))
        if stay_s > context.most_high_bias_s - END_EARLY_S:
            raise LimitReached(
                f"The bias was beyond {context.high_bias_V:g} V for {stay_s:.4g} s; the rig file allows "
                f"limits.high_bias_s = {context.most_high_bias_s:g} s without a pause of {PAUSE_S:g} s. Lower the "
                "bias, or hold it for a shorter time."
            )
