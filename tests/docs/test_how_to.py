"""The code in the guides is code: each example is executed, and used for what its guide is about."""

import json

import numpy as np
import pytest

from analysis.importers.assemble import assemble
from analysis.importers.imported import ForeignFile, ImportOptions
from analysis.importers.registry import IMPORTERS
from analysis.records import Trace
from app.acquisition.run_checks import check
from app.config.rig import load_rig
from procedures.errors import ImpossibleSetting
from tests.docs.pages import blocks
from tests.support.plugins import plugins
from tests.support.rig.rigs import served_rig


def example(page, number=0):
    """Execute the nth Python block of a guide that defines something; give its names."""
    defining = [text for _, text in blocks(page, "python") if "\nclass " in text or "\ndef " in text]
    names = {"__name__": f"example.{page}"}
    exec(compile(defining[number], page, "exec"), names)
    return names


def test_the_importer_reads_traces_and_refuses_the_rest(tmp_path):
    with plugins(tmp_path / "mine", {}, IMPORTERS):
        read = example("how-to/add-an-importer.md")["read_json_lines"]
    traces = [{"distance_nm": [0.0, 0.1, 0.2], "current_nA": [900.0, 500.0, 1.0], "bias_V": 0.1}] * 2
    (tmp_path / "good.jsonl").write_text("\n".join(map(json.dumps, traces)), encoding="utf-8")
    (tmp_path / "bad.jsonl").write_text("[1, 2]\n", encoding="utf-8")

    found = assemble(read(tmp_path / "good.jsonl"), ImportOptions())

    current = next(q for q in found.traces[0].quantities if q.name == "current")
    np.testing.assert_allclose(current.values, [900e-9, 500e-9, 1e-9])
    assert len(found.traces) == 2
    with pytest.raises(ForeignFile, match=r"bad\.jsonl: line 1"):
        read(tmp_path / "bad.jsonl")


def test_the_procedure_runs_and_refuses_a_bias_beyond_the_rig(tmp_path):
    procedure_class = example("how-to/add-a-procedure.md")["OpenNoise"]
    with served_rig(tmp_path) as rig:
        check(procedure_class.from_values({"biases": "0 50", "time": 0.1}), load_rig(rig.file))
        with pytest.raises(ImpossibleSetting, match="5000 mV is outside"):
            check(procedure_class.from_values({"biases": "5000"}), load_rig(rig.file))

        done = rig.bench().run(
            procedure_class.from_values({"biases": "0 50", "time": 0.1}), tmp_path / "noise.h5"
        )

    assert done.end.status == "finished" and done.cycles == 2


def test_the_driver_sets_what_the_instrument_has(tmp_path):
    from pymeasure.adapters import ProtocolAdapter

    from drivers.errors import OutOfRange

    driver = example("how-to/add-a-driver.md", 2)["VA100"]
    amplifier = driver(ProtocolAdapter([(b"GAIN 2", None), (b"GAIN?", b"2")]))

    amplifier.gain = 100
    assert amplifier.gain == 100.0
    with pytest.raises(OutOfRange):
        amplifier.gain = 7
    with pytest.raises(AttributeError):
        amplifier.gian = 10


def test_the_model_of_the_view_publishes_once_there_is_something_new():
    model = example("how-to/add-a-view.md")["LengthsModel"]()
    empty = model.snapshot()

    model.work()
    assert model.snapshot() is empty
    model.add(Trace(0, (0, 2), np.array([0.0, 1e-9]), np.array([1.0, 0.0]), 0.1, "open"))
    model.work()

    np.testing.assert_array_equal(model.snapshot().lengths_m, [1e-9])
