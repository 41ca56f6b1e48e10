"""Self-test of a card: its own reference and ground, and its sample clock against the computer's."""

from collections.abc import Mapping, Sequence

REFERENCE_V = 5.0
REFERENCE_WITHIN_V = 3e-3
"""Specification of the calibration reference of NI's E Series, 2.5 mV, and the offset and gain errors of the range; the
table of the M Series was not at hand."""

CHANGE_V = 1e-3
"""Largest change of the reference since an earlier proof: 200 ppm, ten times its drift over 20 K."""

GROUND_WITHIN_V = 1e-3

RATE_WITHIN = 200e-6
"""Relative deviation of a right sample clock: four times that of its timebase."""

OTHER_CLOCK = 0.2
"""Relative deviation of a clock that keeps no time of day, as that of a simulated rig."""

Poll = tuple[int, float, float]
"""Samples acquired, and the computer's time before and after the question, in s."""


def card_faults(seen_V: Mapping[str, float], earlier_V: float | None = None) -> list[str]:
    """Return what is wrong with the readings "ground" and "reference" inside a card; none if it has no such channels.

    ``earlier_V`` is the reference at an earlier proof.
    """
    if not seen_V:
        return []
    texts, remedy = (
        [],
        "Self-calibrate it in NI MAX; if that does not help, it needs repair. The run was not started.",
    )
    reference_V, ground_V = seen_V["reference"], seen_V["ground"]
    off_V = reference_V - REFERENCE_V
    if not abs(ground_V) <= GROUND_WITHIN_V:  # nor if it is not a number
        texts.append(
            f"The card reads {ground_V * 1e3:+.2f} mV at its own ground (limit {GROUND_WITHIN_V * 1e3:g} mV): its "
            f"inputs are out of calibration. {remedy}"
        )
    if not abs(off_V) <= REFERENCE_WITHIN_V:
        texts.append(
            f"The card reads {reference_V:.4f} V at its own reference of {REFERENCE_V:g} V, {off_V / REFERENCE_V:+.2%} "
            f"(limit {REFERENCE_WITHIN_V / REFERENCE_V:.2%}): its inputs are out of calibration. {remedy}"
        )
    elif earlier_V is not None and abs(reference_V - earlier_V) > CHANGE_V:
        texts.append(
            f"The card reads {reference_V:.4f} V at its own reference, {earlier_V:.4f} V at the last proof (limit "
            f"{CHANGE_V * 1e3:g} mV): the gain of its inputs has changed. {remedy}"
        )
    return texts


def rate_bounds(polls: Sequence[Poll]) -> tuple[float, float]:
    """Return the lowest and the highest rate in Hz that fit all polls; 0 and infinite if they tell nothing.

    A sample was acquired between the times before and after a question, so no delay of an answer can make a right clock
    look wrong. Counts that lag behind by different times contradict each other: the lower bound is then above the
    upper one.
    """
    low, high = 0.0, float("inf")
    for i, (count, before_s, after_s) in enumerate(polls):
        for later, later_before_s, later_after_s in polls[i + 1 :]:
            if later_after_s > before_s:
                low = max(low, (later - count - 1) / (later_after_s - before_s))
            if later_before_s > after_s:
                high = min(high, (later - count + 1) / (later_before_s - after_s))
    return low, high


def other_clock(polls: Sequence[Poll], nominal_Hz: float) -> bool:
    """Return True if the card does not keep this computer's time at all, as a simulated or played one."""
    low, high = rate_bounds(polls)
    return high < nominal_Hz * (1 - OTHER_CLOCK) or low > nominal_Hz * (1 + OTHER_CLOCK)


def rate_fault(polls: Sequence[Poll], nominal_Hz: float) -> str:
    """Return what is surely wrong with the rate of a card; "" if nothing is, or if the polls tell too little."""
    low, high = rate_bounds(polls)
    least, most = nominal_Hz * (1 - RATE_WITHIN), nominal_Hz * (1 + RATE_WITHIN)
    if low > high or other_clock(polls, nominal_Hz) or (low <= most and high >= least):
        return ""
    return (
        f"The card delivers {low:.5g} to {high:.5g} samples a second by this computer's clock, the rig file says "
        f"{nominal_Hz:g} Hz (limit {RATE_WITHIN * 1e6:g} ppm): the card's timebase, or the computer's clock, is wrong. "
        "Compare the computer's clock with a time server. The run was not started."
    )


def rate_known(polls: Sequence[Poll], nominal_Hz: float) -> bool:
    """Return True if the polls show a rate near the nominal one to better than 0.1 %."""
    low, high = rate_bounds(polls)
    return nominal_Hz * 0.998 < low <= high < nominal_Hz * 1.002 and high - low < 2e-3 * nominal_Hz
