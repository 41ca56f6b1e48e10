"""Steps 1 and 2: what answers, and which wire leads where."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from analysis.commissioning.judgement import Judgement, Number, judged
from analysis.commissioning.resistor import Resistor, wiring_faults
from analysis.preflight.outputs import rest_mismatches
from analysis.preflight.scan import SCAN_RATE_Hz
from analysis.preflight.verdict import JUNCTION_PATH, NEVER_PROVED, not_proved, numbers
from app.acquisition.open_rig import open_rig
from app.commission.session import Session
from app.commission.step import Step
from app.config.amplifiers import ROLES
from procedures.preflight.stimuli import at_rest, measure
from procedures.preflight.survey import Survey


def identity(session: Session) -> Judgement:
    """Open every instrument; set the amplifiers as the rig file states and read back what they can tell."""
    rig = session.rig()
    with open_rig(rig, wires=session.wires) as opened:
        card, properties = opened.card, opened.context.daq.properties
        ranges = ", ".join(f"{one:g}" for one in properties.output_ranges_V)
        text = [
            f"{card.product}, serial number {card.serial_number:X}, {card.input_bits} bit; output ranges {ranges} V."
        ]
        for role in ROLES:
            settings = opened.settings[role]
            unread = f" ({settings['provenance']})" if "provenance" in settings else ""
            text.append(f"{role.replace('_', ' ').capitalize()}: {_settings(settings)}{unread}.")
        doubtful = [f"{one[0].upper()}{one[1:]}." for one in opened.report.warnings(datetime.now(UTC))]
    session.card = card.serial_number
    return judged([Number("converter", card.input_bits, "bit")], doubtful=doubtful, remarks=text)


def _settings(settings: dict[str, object]) -> str:
    return ", ".join(
        f"{name.replace('_', ' ')} {value:g}"
        if isinstance(value, float)
        else f"{name.replace('_', ' ')} {value}"
        for name, value in settings.items()
        if isinstance(value, int | float | str) and name != "provenance"
    )


def wiring(session: Session) -> Judgement:
    """Measure the response matrix with the resistor; name whatever differs from that of a right rig."""
    with session.open() as (opened, check), opened.context.daq.all_terminals(SCAN_RATE_Hz) as scan:
        context = opened.context
        facts = replace(context.facts, resistor=True)
        survey = Survey(scan, check, session.stop.is_set)
        rest = at_rest(context, survey)
        shown_V = {terminal: one.mean_V for terminal, one in rest.items()}
        off = rest_mismatches(shown_V, {"bias": 0.0, "z": context.safe_z_V}, facts.wiring)
        if off:
            return judged([], [one.text for one in off])
        measured = measure(context, survey, rest, whole=True)
    resistor = Resistor(session.resistance_ohm, context.amplifier)
    slope = measured.responses.slope("bias", facts.wiring.terminals["current"])
    found = [
        Number("current per bias", slope, "V/V", f"{resistor.expected_slope:.4g}"),
        *(Number(name.removesuffix(" V/V").removesuffix(" V"), value, name.rsplit(" ", 1)[-1] if " V" in name else "")
          for name, value in numbers(measured, facts).items() if name != "current per bias V/V"),
    ]  # fmt: skip
    unproved = [
        f"Not proved: {clause}."
        for clause in not_proved(measured, facts)
        if not clause.startswith((JUNCTION_PATH, NEVER_PROVED[0]))  # the resistor proves these
    ]
    return judged(found, wiring_faults(measured, facts, resistor), remarks=unproved)


STEPS = (
    Step(
        1,
        "Identity",
        "Opens every instrument and reads back what it says of itself. No output is written.",
        identity,
        record="identity",
        takes_s=lambda amounts: 3.0,
    ),
    Step(
        2,
        "Wiring",
        "Drives bias, z and the amplifiers' own stimuli one at a time and reads every input terminal. The resistor "
        "shows "
        "which output drives the sample, and the sign of the whole chain. Bias at most 0.02 V, z at most 5 nm.",
        wiring,
        needs=(1,),
        ask="The tip is far back, no sample is in reach, and the resistor of {resistance} connects the cable of the "
        "sample "
        "to the input of the current amplifier",
        record="wiring",
        takes_s=lambda amounts: 8.0,
        valid_for=timedelta(hours=24),
    ),
)
