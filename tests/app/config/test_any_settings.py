"""Whatever values come for a procedure, from a form, a file or over the wire, they are refused in a sentence."""

import math
from functools import cache

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.acquisition.run_checks import check, duration_s
from app.config.rig import Rig
from app.config.toml import FileError, validate
from procedures.errors import ImpossibleSetting
from procedures.parameters import FractionParameter, FractionsParameter, LevelsParameter, NumbersParameter
from procedures.registry import PROCEDURES, procedure_of

QUICK = settings(
    derandomize=True, deadline=None, max_examples=20, suppress_health_check=list(HealthCheck)
)  # fmt: skip

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
    | st.sampled_from(["1e999", "1e-400", "1/0", "1:1e99999999", "+1:1 -1:1", "nan:1", "\x00", "..", "12,5"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)  # fmt: skip
"""Any value that a client can send."""

RIG = {
    "daq": {
        "controller": "local",
        "inputs": {"bias": {"channel": "ai2"}, "z": {"channel": "ai3"}, "thermocouple": {"channel": "ai1"},
                   "current": {"channel": "ai0", "range_V": 5.0}},
        "outputs": {"bias": {"channel": "ao0", "min_V": -2.0, "max_V": 2.0},
                    "z": {"channel": "ao1", "min_V": 0.0, "max_V": 10.0}},
    },
    "current_amplifier": {"address": "GPIB0::22::INSTR"},
    "voltage_preamplifier": {"address": "ASRL3::INSTR"},
    "piezo": {"extension_nm_per_V": 10.0},
}  # fmt: skip


def plausible(parameter):
    """Values that a parameter takes, so that what depends on several of them is reached."""
    match parameter:
        case NumbersParameter():
            return st.lists(st.floats(parameter.minimum, min(parameter.maximum, 2.0)), max_size=4)
        case FractionParameter() | FractionsParameter():
            return st.sampled_from(["12.25", "49/4", "50", "400", "1000", "0.01", "7/3", "1e-9", "1e9"])
        case LevelsParameter():
            return st.sampled_from(
                ["+1:1 0:1 -1:1", "+1:1 0:1", "0:1 1:1 0.5:2 -1:3", "1", "+1:1 0:1/1000 -1:1"]
            )
    if choices := getattr(parameter, "choices", None):
        return st.sampled_from(list(choices))
    if (low := getattr(parameter, "minimum", None)) is None:
        return st.booleans()
    ends = st.sampled_from(
        [low, parameter.maximum, math.sqrt(low * parameter.maximum) if low > 0 else low / 2]
    )
    return ends | st.floats(low, parameter.maximum)


@cache
def parameters_of(name):
    return procedure_of(name, {}).parameter_objects()


@cache
def values_of(name):
    return st.fixed_dictionaries(
        {}, optional={one: plausible(parameter) for one, parameter in parameters_of(name).items()}
    )


RIGS = st.fixed_dictionaries(
    {
        "rate_Hz": st.sampled_from([2000.0, 500.0, 20000.0, 3.0]),
        "z_V": st.sampled_from([10.0, 4.0, 1.0, 0.01, 7.7]),
        "bias_V": st.sampled_from([2.0, 0.1, 10.0, 1e-3]),
        "gain": st.sampled_from([1e5, 1e3, 1e8, 1e11]),
        "lowpass_Hz": st.sampled_from([1000.0, 0.03, 300.0]),
        "rise": st.sampled_from([3e-4, 0.3, 1e-5]),
        "extension": st.sampled_from([10.0, 1.0, 200.0]),
        "on": st.sampled_from(["substrate", "substrate", "probe"]),
    }
)


def rig_of(drawn):
    z, bias = RIG["daq"]["outputs"]["z"], RIG["daq"]["outputs"]["bias"]
    outputs = {
        "z": {**z, "max_V": drawn["z_V"]},
        "bias": {**bias, "min_V": -drawn["bias_V"], "max_V": drawn["bias_V"]},
    }
    content = {
        **RIG,
        "daq": {**RIG["daq"], "rate_Hz": drawn["rate_Hz"], "outputs": outputs},
        "current_amplifier": RIG["current_amplifier"] | {"gain_V_per_A": drawn["gain"], "rise_time_s": drawn["rise"]},
        "voltage_preamplifier": {**RIG["voltage_preamplifier"], "lowpass_Hz": drawn["lowpass_Hz"]},
        "piezo": {"extension_nm_per_V": drawn["extension"]},
        "junction": {"bias_on": drawn["on"]},
        "unusual": {"daq": {"rate_Hz": drawn["rate_Hz"]}},
    }  # fmt: skip
    return validate({key: value for key, value in content.items() if key in Rig.model_fields}, Rig, "")


@cache
def usual_rig():
    return rig_of({"rate_Hz": 2000.0, "z_V": 10.0, "bias_V": 2.0, "gain": 1e5, "lowpass_Hz": 1000.0, "rise": 3e-4,
                   "extension": 10.0, "on": "substrate"})  # fmt: skip


def run_is_possible(name, values, rig):
    """Return True if the procedure accepts the settings; only expected errors are caught."""
    try:
        procedure = procedure_of(name, values)
        check(procedure, rig)
    except ImpossibleSetting as error:
        assert len(str(error)) > 10
        assert "Traceback" not in str(error)
        assert "Parameter" not in str(error)  # the names of PyMeasure's classes
        return False
    duration_s(procedure, rig)
    assert procedure.total_cycles >= 0
    assert set(procedure.values())
    return True


@pytest.mark.parametrize("name", PROCEDURES)
@QUICK
@given(data=st.data())
def test_any_value_of_any_parameter_is_taken_or_refused_in_words(name, data):
    one = data.draw(st.sampled_from(list(parameters_of(name))))
    value = data.draw(JSON)
    run_is_possible(name, {one: value}, usual_rig())


@pytest.mark.parametrize("name", PROCEDURES)
@QUICK
@given(data=st.data())
def test_plausible_values_on_any_rig_are_taken_or_refused_in_words(name, data):
    run_is_possible(name, data.draw(values_of(name)), rig_of(data.draw(RIGS)))


@pytest.mark.parametrize(
    "values", [{"levels": 5}, {"amplitudes": None}, {"amplitudes": {"a": 1}}, {"expected": [[1]]}]
)
def test_a_number_or_nothing_for_a_list_is_refused_by_its_name(values):
    (name,) = values
    with pytest.raises(ImpossibleSetting, match=rf"^{name} = .*(is not a number|is not text)") as refused:
        procedure_of("heating", values)
    assert refused.value.about == (name,)


def test_a_single_number_is_a_list_of_one():
    assert procedure_of("heating", {"amplitudes": 1.27}).amplitudes == (1.27,)
    assert procedure_of("control-other-frequencies", {"frequencies": 12.25}).frequencies == "12.25"


PATHS = st.sampled_from(
    ["name", "daq", "daq.rate_Hz", "daq.inputs.current.range_V", "daq.outputs.z.max_V", "daq.outputs.bias.min_V",
     "current_amplifier.gain_V_per_A", "current_amplifier.offset_V", "voltage_preamplifier.gain", "piezo",
     "piezo.extension_nm_per_V", "piezo.calibrated", "probe", "probe.id", "junction", "coarse", "safe.z_V", "safe",
     "safe.within_s", "unusual", "unusual.piezo.extension_nm_per_V", "unusual.safe", "calibrations", "nonsense"]
)  # fmt: skip


@settings(QUICK, max_examples=150)
@given(st.lists(st.tuples(PATHS, JSON), min_size=1, max_size=3))
def test_any_rig_file_is_taken_or_refused_in_words(changes):
    content = {**RIG, "daq": {**RIG["daq"], "outputs": {**RIG["daq"]["outputs"]}}}
    for path, value in changes:
        table, (*above, key) = content, path.split(".")
        for part in above:
            table[part] = dict(table[part]) if isinstance(table.get(part), dict) else {}
            table = table[part]
        table[key] = value
    try:
        rig = validate(content, Rig, "rig.toml")
    except FileError as error:
        assert all(line.startswith("rig.toml: ") for line in str(error).splitlines())
    else:
        assert rig.safe.z_V == rig.daq.outputs.z.min_V


def test_lists_that_both_have_the_wrong_length_are_refused_by_the_first():
    values = {"amplitudes": [1.0, 1.1], "expected": [1e-7], "taken": [0]}
    with pytest.raises(ImpossibleSetting, match="expected has 1 current for 2 amplitudes"):
        check(procedure_of("heating", values), validate(RIG, Rig, ""))
