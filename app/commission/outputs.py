"""Steps on the outputs: smallest step, position after a stop, reaction times."""

import numpy as np

from analysis.commissioning.judgement import Judgement, Number, judged
from analysis.commissioning.staircase import TOLERANCE, expected_ranges_V, expected_step_V, staircase
from analysis.commissioning.stops import WITHIN_STEPS, stopped, stops_of, trip_times_s, trips_of
from analysis.recording import Recording
from analysis.records import EventKind
from app.acquisition.open_rig import NM, open_rig
from app.commission.session import Session
from app.commission.step import Step
from procedures.commissioning.staircase import Staircase, uV
from procedures.commissioning.stops import REST_S, STOP, TRIP, Stops

MS = 1e3
RANGES_V = (1.0, 2.0, 5.0, 10.0)
STOP_MEDIAN_S, STOP_WORST_S = 0.020, 0.050
TRIP_MEDIAN_S, TRIP_WORST_S = 0.008, 0.020


def smallest_step(session: Session) -> Judgement:
    """Find the smallest step of bias and z from staircases of half that step."""
    rig = session.rig()
    with open_rig(rig, wires=session.wires) as opened:
        product, own_V = opened.card.product, opened.context.daq.properties.output_ranges_V
    ranges_V = expected_ranges_V(product, own_V)
    outputs = rig.daq.outputs
    limits = {"bias": rig.bias_range_V, "z": rig.z_range_V}
    expected = {name: expected_step_V(ranges_V, *volts) for name, volts in limits.items()}
    values = {f"{name}_step": step_V / 2 / uV for name, (step_V, _) in expected.items()}
    procedure = Staircase.from_values({**values, "dwell": session.amounts.dwell_s})
    out = session.record("03-smallest-step", procedure)
    numbers, wrong = [], []
    with Recording(out) as recording:
        for name, (begin, end) in _spans(recording).items():
            step_V, range_V = expected[name]
            volts = recording.samples(begin, end, (name,))[0]
            found = staircase(volts, 2 * procedure.levels, procedure.levels)
            wanted = f"{step_V / uV:.1f} (range +-{range_V:g} V)"
            numbers.append(Number(f"smallest step of {name}", found.step_V / uV, "uV", wanted))
            wrong += _wrong_step(name, found.step_V, step_V, range_V, f"{product}", outputs)
            if not found.monotone:
                wrong.append(
                    f"The {name} output is not monotone: a step goes against the command. The converter is faulty."
                )
    return judged(numbers, wrong)


def _spans(recording: Recording) -> dict[str, tuple[int, int]]:
    """Return (first, end) of the staircase of each output."""
    steps = [one for one in recording.events if one.kind is EventKind.STEP and "staircase" in one.name]
    at = {(one.name, one.payload["phase"]): int(one.payload.get("start", one.sample)) for one in steps}
    return {
        "bias": (at["bias staircase", "begin"], at["bias staircase", "end"]),
        "z": (at["z staircase up", "begin"], at["z staircase down", "end"]),
    }


def _wrong_step(
    name: str, seen_V: float, step_V: float, range_V: float, card: str, outputs: object
) -> list[str]:
    channel = getattr(outputs, name).channel
    if np.isnan(seen_V):
        return [
            f"The {name} output ({channel}) shows no steps on its loop-back: it does not follow small commands."
        ]
    if abs(seen_V / step_V - 1) <= TOLERANCE:
        return []
    uses_V = min(RANGES_V, key=lambda one: abs(seen_V * 2**15 / one - 1))
    return [
        f"The smallest step of the {name} output ({channel}) is {seen_V / uV:.1f} uV, expected {step_V / uV:.1f} uV "
        f"(range +-{range_V:g} V): the card uses a range of +-{uses_V:g} V. Its outputs are not those of a {card}; "
        "narrower limits do not make them finer. A divider at the output does (daq.outputs.bias.divider)."
    ]


def count_after_stop(session: Session) -> Judgement:
    """Stop ramps on the way; compare the reported position with the loop-back."""
    procedure = Stops.from_values({"stops": session.amounts.stops, "trips": 0, "speed": _speed(session)})
    out = session.record("11-stops", procedure)
    with Recording(out) as recording:
        extension = recording.header.settings["extension_m_per_V"]
        stops = stops_of(recording.events, STOP, procedure.cycle, extension)
        z_V = recording.samples(0, recording.n_samples, ("z",))[0]
        found = stopped(stops, z_V, recording.rate_Hz, REST_S)
        sample_V = procedure.speed * NM / extension / recording.rate_Hz
    limit_V = WITHIN_STEPS * 10.0 / 2**15 + sample_V
    off_V = float(np.abs(found.off_V).max())
    numbers = [
        Number("stops", len(stops)),
        Number("positions that the card did not report", found.uncounted, "", "0"),
        Number("largest difference to the z loop-back", off_V / uV, "uV", f"< {limit_V / uV:.0f}"),
        Number("stop latency, median", float(np.median(found.reaction_s)) * MS, "ms"),
    ]
    doubtful = (
        [
            f"The card's count of generated samples is wrong after a stop ({found.uncounted} of {len(stops)} times): "
            "the "
            f"position is then taken from the z loop-back, which agreed within {off_V / uV:.0f} uV. Runs do the "
            "same; keep "
            "the z loop-back connected."
        ]
        if found.uncounted
        else []
    )
    wrong = (
        [
            f"After a stop the z loop-back differs by {off_V * MS:.3g} mV from the position that the card reports "
            "(limit "
            f"{limit_V * MS:.2g} mV): the next ramp would begin with a jump. Do not approach with this card."
        ]
        if off_V > limit_V
        else []
    )
    return judged(numbers, wrong, doubtful)


def _speed(session: Session) -> float:
    """Return 1 V/s as a speed in nm/s, within the bounds of the procedure."""
    return min(session.rig().piezo.extension_nm_per_V, 100.0)


def reactions(session: Session) -> Judgement:
    """Time stops and trips from the sample that fires."""
    amounts = session.amounts
    procedure = Stops.from_values({"stops": amounts.trips, "trips": amounts.trips, "speed": _speed(session)})
    out = session.record("14-reactions", procedure)
    with Recording(out) as recording:
        extension = recording.header.settings["extension_m_per_V"]
        z_V, bias_V = recording.samples(0, recording.n_samples, ("z", "bias"))
        rate_Hz = recording.rate_Hz
        stops = stops_of(recording.events, STOP, procedure.cycle, extension)
        stop_s = stopped(stops, z_V, rate_Hz, REST_S).reaction_s
        trip_s = trip_times_s(trips_of(recording.events, TRIP, procedure.cycle), bias_V, rate_Hz, REST_S)
    contact = session.rig().contact
    numbers, wrong, doubtful = [], [], []
    for what, times_s, median_s, worst_s in (
        ("contact to stopped tip", stop_s, STOP_MEDIAN_S, STOP_WORST_S),
        ("trip to 0 V", trip_s, TRIP_MEDIAN_S, TRIP_WORST_S),
    ):
        seen_median, seen_worst = float(np.median(times_s)), float(times_s.max())
        numbers.append(Number(f"{what}, median", seen_median * MS, "ms", f"< {median_s * MS:g}"))
        numbers.append(
            Number(f"{what}, worst of {times_s.size}", seen_worst * MS, "ms", f"< {worst_s * MS:g}")
        )
        if seen_median > median_s or seen_worst > worst_s:
            doubtful.append(
                f"{what[0].upper()}{what[1:]} takes {seen_median * MS:.3g} ms in the median and "
                f"{seen_worst * MS:.3g} ms "
                f"at worst, expected {median_s * MS:g} and {worst_s * MS:g} ms: this computer or its link to the "
                "card is "
                "slow. Close other programs, and use a wired network."
            )
    if float(stop_s.max()) > contact.reaction_s:
        wrong.append(
            f"A stopped tip took {float(stop_s.max()) * MS:.3g} ms, contact.reaction_s of the rig file is "
            f"{contact.reaction_s * MS:g} ms: set reaction_s = {1.2 * float(stop_s.max()):.2g} in [contact]."
        )
    return judged(numbers, wrong, doubtful)


STEPS = (
    Step(
        3,
        "Smallest step",
        "Moves bias and z along a staircase finer than the converter's steps, and looks for them on the loop-backs: "
        "they "
        "tell the range that the card uses.",
        smallest_step,
        needs=(2,),
        record="outputs",
        takes_s=lambda amounts: 2 * 48 * amounts.dwell_s + 3,
    ),
    Step(
        11,
        "Position after a stop",
        "Stops ramps of z within 5 nm of the safe place, and compares the position that the card reports with the "
        "loop-back.",
        count_after_stop,
        needs=(4,),
        record="count after stop",
        takes_s=lambda amounts: 0.4 * amounts.stops + 3,
    ),
    Step(
        14,
        "Reaction times",
        "Times the stop of a ramp and the removal of a bias from the sample that asks for it.",
        reactions,
        needs=(4,),
        record="reaction",
        takes_s=lambda amounts: 0.6 * amounts.trips + 5,
    ),
)
