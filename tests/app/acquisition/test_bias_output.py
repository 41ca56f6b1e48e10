"""Steps of the bias, asked from the card, and the tolerance of its loop-back behind a divider."""

import pytest

from analysis.thermoelectric.bias_resolution import BiasOutput
from app.acquisition.direct import direct_wires
from app.acquisition.open_rig import open_rig
from app.config.card_channels import loop_back_tolerance
from app.config.rig import load_rig
from app.config.rig_context import planned_context
from procedures.bias_output import bias_output
from tests.support.rig.rigs import served_rig

CARDS = {"PXI-6281": (16, 2.0), "PCIe-6363": (16, 5.0), "PXI-4461": (24, 10.0)}
"""Bits of the outputs, and the range that NI-DAQmx takes for a bias of 2 V."""


@pytest.mark.parametrize("card", CARDS)
def test_the_card_is_asked_for_the_steps_of_the_bias(tmp_path, card):
    bits, range_V = CARDS[card]
    with served_rig(tmp_path, card=card) as rig:
        with open_rig(load_rig(rig.file), wires=direct_wires(rig.simulated)) as opened:
            assert bias_output(opened.context) == BiasOutput(bits, range_V)
        assert bias_output(planned_context(load_rig(rig.file))) == BiasOutput(16, 2.0), "before it is asked"


DIVIDED = {"bias_line.divider": 100.0}


@pytest.mark.parametrize(("looped_back_at", "allowed_V"), [("card", 2e-5), ("junction", 2e-3)])
def test_the_tolerance_of_a_loop_back_is_in_volts_of_the_card(tmp_path, looped_back_at, allowed_V):
    """Behind a divider of 100 an output stuck at 0.15 V had passed for 0 V."""
    with served_rig(tmp_path, overrides=DIVIDED) as rig:
        text = rig.file.read_text("utf-8")
        text = text.replace("divider = 100.0", f'divider = 100.0, looped_back_at = "{looped_back_at}"')
        rig.file.write_text(text, "utf-8")
        tolerance = loop_back_tolerance(load_rig(rig.file))
    assert tolerance.at("bias").margin_V(0.0) == pytest.approx(allowed_V)
    assert tolerance.at("bias").holds(1.5e-3, 0.0) == (looped_back_at == "junction")
    assert tolerance.at("z").margin_V(0.0) == pytest.approx(2e-3)
