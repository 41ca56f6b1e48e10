import numpy as np
import pytest

from analysis.disk_backed_list import DiskBackedList
from analysis.heating.junction_model import JunctionModel, model_of_iv
from analysis.iv.mean import CurveRules, mean_iv
from analysis.iv.sweeps import Sweep
from analysis.transport.landauer import currents
from analysis.transport.transmission import BreitWignerLevel, FlatTransmission, LevelTransmission
from app.viewmodels.iv_view import IVModel, JunctionNumbers
from app.viewmodels.transmission_view import TransmissionModel


@pytest.fixture(scope="module")
def sweeps():
    rng, found = np.random.default_rng(5), []
    bias_V = np.interp(np.arange(400), [0, 100, 300, 400], [0.0, 1.2, -1.2, 0.0])
    for number in range(15):
        level = LevelTransmission([BreitWignerLevel(0.9 + 0.02 * rng.standard_normal(), 0.04, 0.04)])
        current_A = currents(level, bias_V).current_A + 1e-10 * rng.standard_normal(400)
        kind = "ruptured" if number == 3 else "whole"
        found.append(
            Sweep(number, (1000 * number, 1000 * number + 400), bias_V, current_A, kind=kind, junction=number)
        )
    return found


def grown(sweeps, **options):
    shelf, models = DiskBackedList[Sweep](), []
    view = IVModel(shelf, on_model=models.append, **options)
    for sweep in sweeps:
        shelf.add(sweep)
        view.work()
    return view, models


def test_in_the_end_mean_and_model_are_those_of_all_curves(sweeps):
    view, models = grown(sweeps)
    view.work(thorough=True)
    expected = mean_iv(sweeps)
    model = model_of_iv(expected)
    shot = view.snapshot()
    np.testing.assert_array_equal(shot.current_nA, expected.current_A / 1e-9)
    np.testing.assert_array_equal(
        shot.high_nA - shot.current_nA, (expected.current_A + expected.sd_A) / 1e-9 - shot.current_nA
    )
    assert (shot.junctions, shot.curves, shot.dropped) == (14, 14, {"ruptured": 1})
    assert shot.parameters == model.parameters and models[-1].parameters == model.parameters
    assert shot.parameters["energy_eV"][0] == pytest.approx(0.9, abs=0.02)
    np.testing.assert_allclose(shot.model_nA, model.current_A(shot.voltage_V) / 1e-9)
    np.testing.assert_array_equal(shot.newest_V, sweeps[-1].bias_V)


def test_the_mean_grows_curve_by_curve_the_fit_now_and_then(sweeps):
    shelf = DiskBackedList[Sweep]()
    view = IVModel(shelf)
    curves, fitted = [], []
    for sweep in sweeps:
        shelf.add(sweep)
        view.work()
        curves.append(view.snapshot().curves)
        fitted.append(view.snapshot().fitted_curves)
    assert curves == [1, 2, 3, *range(3, 15)]
    assert fitted[:3] == [0, 0, 3] and fitted[-1] in (14, 15)


def test_other_rules_and_a_given_model(sweeps):
    view, _ = grown(sweeps)
    rules = CurveRules(points=51)
    view.decide(rules, None)
    assert view.snapshot().voltage_V.size == 51
    fresh, _ = grown(sweeps, rules=rules)
    fresh.work(thorough=True)
    assert view.snapshot().parameters == fresh.snapshot().parameters
    given = JunctionModel(FlatTransmission(0.01), "by hand")
    view.decide(None, given)
    assert (view.model, view.snapshot().source) == (given, "by hand")


def test_curves_of_which_none_counts_say_why(sweeps):
    view, _ = grown(sweeps[3:4])
    assert view.snapshot().problem == "I-V: no curve to average: 1 ruptured."
    assert view.snapshot().newest_V.size == 400 and not view.snapshot().voltage_V.size


def test_junctions_are_numbered_as_they_come(sweeps):
    numbers = JunctionNumbers(1e4)
    prepared = [numbers.prepared(sweeps[i]) for i in (7, 2, 7)]
    assert [sweep.junction for sweep in prepared] == [0, 1, 0]
    np.testing.assert_array_equal(prepared[1].bias_V, sweeps[2].bias_V - 1e4 * sweeps[2].current_A)


def test_the_transmission_with_its_window(sweeps):
    view = TransmissionModel()
    assert not view.snapshot().energy_eV.size
    _, models = grown(sweeps)
    view.show(models[-1])
    view.bias(1.2)
    shot = view.snapshot()
    assert shot.window_eV == (-0.6, 0.6) and view.snapshot() is shot
    top = int(np.argmax(shot.transmission))
    assert shot.energy_eV[top] == pytest.approx(shot.levels_eV[0], abs=0.02)
    assert np.all(shot.low <= shot.transmission) and np.all(shot.transmission <= shot.high)
    assert shot.high[top] > shot.low[top] and not shot.side_known
    assert shot.conductance_G0 == pytest.approx(models[-1].conductance_G0)
