"""The ledger against what the signals of a quiet world say, and against sums by hand."""

import numpy as np
import pytest

from analysis.heating.programme import three_level
from simulators.parameters import load_parameters
from simulators.rig.bench import SimulatedBench
from simulators.rig.clock import FastClock
from simulators.world.dissipation_log import DissipationLog
from simulators.world.junction_protocol import ProtocolStretch
from tests.simulators.rig.test_bench import RecordingScan, pass_time
from tests.support.instruments.tip import QUIET, SURE, Tip

R_P = 72800.0


def held(species: str, amplitude_V: float, block: int, **overrides: object):
    """A quiet world with a junction held, four seconds of modulation of it, and the bias and signals of those."""
    told = {"molecule.BDNC.lifetime_s": 1e9, "gold.lifetime_s": 1e9, **overrides}
    tip = Tip(dt=5e-4, **{**QUIET, **SURE, "sample.species": species, **told})
    tip.contact()
    there = "contact" if species == "Au" else "molecule"
    tip.move(-20.0, 0.5, lambda truth: truth.state == there and truth.conductance_G0 < 1.4, block=1)
    bias_V = three_level(amplitude_V).bias_V(2000.0)
    z_V = np.full(block, tip.z_V)
    parts = [tip.world.advance(bias_V[at : at + block], z_V, tip.dt) for at in range(0, len(bias_V), block)]
    rise_K = np.concatenate([part.thermocouple_V for part in parts]) / -16.3e-6
    return tip.world, bias_V, rise_K, np.concatenate([part.current_A for part in parts])


@pytest.mark.parametrize(("species", "kind"), [("BDNC", "molecule"), ("Au", "contact")])
@pytest.mark.parametrize("block", [4, 8000])
def test_accounts_are_the_means_of_what_a_quiet_world_shows(species: str, kind: str, block: int) -> None:
    world, bias_V, rise_K, current_A = held(species, 0.06, block)
    for amplitude_V in (0.06, -0.06):
        account = world.ledger.account(kind, 1, amplitude_V)
        there = bias_V == amplitude_V
        assert account.time_s == pytest.approx(there.sum() * 5e-4)
        assert account.tip_rise_K == pytest.approx(rise_K[there].mean(), rel=1e-9)
        assert account.total_W == pytest.approx(np.mean(current_A[there] * amplitude_V), rel=1e-9)
        assert R_P * account.tip_W == pytest.approx(account.tip_rise_K)


def test_an_account_can_be_of_a_time() -> None:
    world, bias_V, rise_K, _ = held("BDNC", 1.0, 8000)
    begin_s = world.time_s - 4.0
    account = world.ledger.account("molecule", 1, 1.0, (begin_s + 1.0, begin_s + 2.0))
    inside = np.flatnonzero(bias_V[2000:4000] == 1.0) + 2000
    assert account.time_s == pytest.approx(len(inside) * 5e-4)
    assert account.tip_rise_K == pytest.approx(rise_K[inside].mean(), rel=1e-9)


def test_a_line_for_each_level_of_each_junction() -> None:
    ledger = DissipationLog(R_P)
    stretches = [
        ProtocolStretch(slice(0, 2), "contact", 1, 0.0),
        ProtocolStretch(slice(2, 4), "gap", 0, 0.0),
        ProtocolStretch(slice(4, 8), "molecule", 1, 0.0),
    ]
    bias = np.array([1.0, 1.0, 1.0, 1.0, 1.0, 1.0, -1.0, -1.0])
    heat = np.arange(8.0)
    ledger.enter(stretches, 0.5, 0.5 * np.arange(1, 9), bias, 3.0 * heat, heat)
    assert ledger.lines.tolist() == [
        ("contact", 1, 1.0, 0.0, 1.0, 0.5, 1.5),
        ("molecule", 1, 1.0, 2.0, 3.0, 4.5, 13.5),
        ("molecule", 1, -1.0, 3.0, 4.0, 6.5, 19.5),
    ]
    assert ledger.account("molecule").tip_W == pytest.approx(5.5)
    assert ledger.account(bias_V=1.0).total_W == pytest.approx(15.0 / 2.0)


def test_samples_of_an_acquisition_are_found_in_the_ledger() -> None:
    """A contact on a bench: the bias changes at sample 300, after some time without an acquisition."""
    told = {"sample.species": "Au", "ni6281.timebase_ppm": 0.0}
    bench = SimulatedBench(load_parameters(overrides=told), 1, FastClock())
    bench.world.form_contact(2.0)
    bench.hold("bias", 0.02)
    pass_time(bench, 0.0113)
    bench.start_scan(RecordingScan(), bench.clock.now())
    pass_time(bench, 0.15)
    bench.hold("bias", 0.03)
    pass_time(bench, 0.15)
    begin_s, end_s = (bench.scan_began_s + k / 2000.0 for k in (250, 350))
    ledger = bench.world.ledger
    for bias_V in (0.02, 0.03):
        account = ledger.account(bias_V=bias_V, during_s=(begin_s, end_s))
        assert account.time_s == pytest.approx(50 / 2000.0)


def test_where_nothing_was_dissipated_there_is_no_account() -> None:
    with pytest.raises(ValueError, match="no such line"):
        DissipationLog(R_P).account("molecule")
