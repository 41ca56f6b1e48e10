"""Samples on a card of paper whose clock a test holds in its hand."""

from contextlib import suppress
from types import SimpleNamespace

import numpy as np
import pytest

from analysis.conductance import CurrentCalibration
from analysis.constants import G0_S
from analysis.detect import ContactDetector, OpenDetector, PlateauDetector
from analysis.loop_backs import Tolerance
from analysis.preflight.measured import Facts
from analysis.preflight.wiring import Wiring
from analysis.records import Block, EventKind
from analysis.trip import CurrentTrip, RuptureTrip
from procedures.errors import Aborted, AmplifierRailed, CardFault, LimitReached
from procedures.sample_reader import SampleReader

RATE_Hz = 2000.0
GAIN = CurrentCalibration(1e5)


class PaperCard:
    """Samples come with the clock; a read takes ``call_s`` longer than it waits for them."""

    rate_Hz = RATE_Hz

    def __init__(self, current_A, call_s=0.0, bias_V=0.1):
        self._bias_V = bias_V
        self._volts = np.asarray(current_A) * GAIN.gain_V_per_A
        self._call_s = call_s
        self.now_s = 0.0
        self._next = 0
        self.reads = []
        self.asked = 0

    def read(self, n, timeout_s):
        first, self._next = self._next, self._next + n
        self.now_s = max(self.now_s, self._next / RATE_Hz) + self._call_s
        self.reads.append(n)
        volts = self._volts[first : first + n]
        return Block(first, RATE_Hz, ("current", "bias"), np.stack([volts, np.full(n, self._bias_V)]))

    def samples_acquired(self):
        self.asked += 1
        self.now_s += self._call_s / 2
        return int(self.now_s * RATE_Hz)

    def clock(self):
        return self.now_s


def watch_of(card, should_stop=lambda: False, clock=None):
    blocks = []
    sink = SimpleNamespace(feed=blocks.append, on_event=blocks.append)
    context = SimpleNamespace(
        daq=card,
        amplifier=GAIN,
        rate_Hz=RATE_Hz,
        longest_read_s=0.5,
        loop_backs=Tolerance(),
        most_current_A=np.inf,
        high_bias_V=np.inf,
        most_high_bias_s=np.inf,
        heater=None,
        facts=Facts(Wiring()),
        input_delay_s=0.0,
        input_name=lambda name: f"{name} input",
    )
    return SampleReader(context, sink, should_stop, clock or card.clock), blocks


def test_a_watch_sees_each_sample_once_and_hands_all_on():
    current_A = np.arange(1, 401) * 1e-9
    watch, blocks = watch_of(PaperCard(current_A))

    seen = watch.until(0, 400, watch.current_A, {}, 0.002)

    assert seen.ended == "finished"
    assert seen.fired_at is None
    assert seen.modulus == pytest.approx(current_A.mean())
    assert seen.tail == pytest.approx(current_A[-200:].mean())
    np.testing.assert_array_equal(np.concatenate([b.channel("current") for b in blocks]), current_A * 1e5)


@pytest.mark.parametrize("number", range(5))
def test_a_sink_that_fails_costs_none_of_the_samples_that_were_read(number):
    """The samples read last are passed on at the next call: when the rig is made safe, the disk may answer again."""
    card = PaperCard(np.arange(400) * 1e-9)
    watch, blocks = watch_of(card)
    keep, calls = watch._sink.feed, iter(range(1000))

    def feed(block):
        keep(block)
        if next(calls) == number:
            raise OSError("the disk has not answered")

    watch._sink.feed = feed
    watch._longest_read_s = 0.025
    while watch.next < 400:
        with suppress(OSError):
            watch.read_to(400)
    watch.event(EventKind.MARK, "end")
    samples = [block for block in blocks if isinstance(block, Block)]
    assert sum(card.reads) == 400, "a card gives no sample twice"
    assert [n for block in samples for n in range(block.first, block.stop)] == list(range(400))


def test_a_railed_sample_is_infinite_with_its_sign_and_spoils_the_tail():
    watch, _ = watch_of(PaperCard([1e-6, 1e-3, -1e-3, 1e-6]))
    fed = []

    class Notes:
        soonest = 1

        def feed(self, samples):
            fed.extend(samples)

    seen = watch.until(0, 4, watch.current_A, {"notes": Notes()}, 0.002)

    np.testing.assert_allclose(fed, [1e-6, np.inf, -np.inf, 1e-6])
    assert np.isnan(seen.tail)
    assert seen.modulus == np.inf


def test_a_current_that_the_card_does_not_give_stops_like_a_railed_one():
    missing_A = [1e-9] * 40 + [np.nan] * 40
    watch, _ = watch_of(PaperCard(missing_A))
    contact = watch.until(0, 80, watch.conductance_G0, {"contact": ContactDetector(0.5, 5)}, 0.002)
    assert (contact.ended, contact.fired_at) == ("contact", 44)

    watch, _ = watch_of(PaperCard(missing_A))
    trip = watch.until(0, 80, watch.current_A, {"trip": CurrentTrip(1e-6, 5)}, 0.002)
    assert (trip.ended, trip.fired_at) == ("trip", 44)


def test_a_card_without_numbers_ends_a_hold_in_a_sentence():
    watch, blocks = watch_of(PaperCard([1e-9] * 100 + [np.nan] * 3 + [1e-9] * 97))
    watch.watch_inputs()

    with pytest.raises(CardFault, match=r"no number for the current input in 3 samples"):
        watch.read_to(200)
    watch._publish()
    assert blocks[-1].stop > 102  # what was read is recorded


def test_two_missing_samples_are_left_out_and_end_nothing():
    watch, _ = watch_of(PaperCard([1e-9] * 100 + [np.nan] * 2 + [1e-9] * 98))
    watch.watch_inputs()

    assert watch.read_to(200)[-1].stop == 200


def test_a_missing_sample_does_not_hide_a_current_beyond_the_limit():
    watch, _ = watch_of(PaperCard([1e-9] * 50 + [2e-6, np.nan, 2e-6, 2e-6] + [1e-9] * 50))
    watch.watch_inputs()
    watch._context.most_current_A = 1e-6

    with pytest.raises(LimitReached, match=r"reached 2e-06 A"):
        watch.read_to(104)


def test_missing_samples_do_not_hide_a_railed_amplifier():
    current_A = np.full(4000, 1e-3)
    current_A[::50] = np.nan
    watch, _ = watch_of(PaperCard(current_A, bias_V=0.0))
    watch.watch_inputs()

    with pytest.raises(AmplifierRailed):
        watch.read_to(4000)


@pytest.mark.parametrize("reaction_s", [0.0005, 0.002, 0.02])
@pytest.mark.parametrize("begin", [0, 3, 50])
def test_what_fired_first_is_named_with_its_sample(begin, reaction_s):
    current_A = np.zeros(200)
    current_A[90:] = 2e-6
    current_A[91:] = 9e-6
    watch, _ = watch_of(PaperCard(current_A))

    detectors = {"much": CurrentTrip(5e-6), "more": CurrentTrip(1e-6)}
    seen = watch.until(begin, 150, watch.current_A, detectors, reaction_s)

    assert (seen.ended, seen.fired_at) == ("more", 90)
    assert watch.next - 90 <= max(reaction_s * RATE_Hz, 1)


@pytest.mark.parametrize("fires", range(300, 420, 7))
def test_who_needs_many_samples_to_fire_is_looked_for_no_oftener_than_helps(fires):
    """A plateau of 60 samples, 30 pm at 1 nm/s: noticed within 20 samples, with fewer reads than one in 20."""
    conductance_G0 = np.full(600, 5.0)
    conductance_G0[fires - 60 :] = 0.002
    card = PaperCard(conductance_G0 * G0_S * 0.1)
    watch, _ = watch_of(card)
    detectors = {"plateau": PlateauDetector(0.0018, 0.0022, 60, fraction=1.0), "open": OpenDetector(1e-4, 10)}

    seen = watch.until(0, 600, watch.conductance_G0, detectors, 0.01, {"open": 0.1})

    assert (seen.ended, seen.fired_at) == ("plateau", fires - 1)
    assert watch.next - fires < 20
    assert len(card.reads) <= fires / 79 + 3


def test_what_may_be_noticed_later_is():
    card = PaperCard(np.zeros(1000))
    watch, _ = watch_of(card)

    seen = watch.until(0, 1000, watch.conductance_G0, {"open": OpenDetector(1e-4, 10)}, 0.01, {"open": 0.1})

    assert (seen.ended, seen.fired_at) == ("open", 9)
    assert card.reads == [209]


def test_a_watch_reads_twice_a_second_whatever_it_waits_for():
    card = PaperCard(np.zeros(4000))
    watch, _ = watch_of(card)

    watch.until(0, 4000, watch.current_A, {"rupture": RuptureTrip(-1.0, 100_000)}, 0.002)

    assert max(card.reads) == 1000


def test_samples_from_before_the_step_are_recorded_but_not_looked_at():
    current_A = np.zeros(100)
    current_A[:20] = 1e-3
    watch, blocks = watch_of(PaperCard(current_A))

    seen = watch.until(20, 80, watch.current_A, {"trip": CurrentTrip(1e-6)}, 0.002)

    assert seen.ended == "finished"
    assert sum(map(len, blocks)) == 100


def test_who_reads_more_slowly_than_samples_come_reads_more_at_a_time():
    """Three milliseconds a call for two milliseconds of samples: otherwise the lag grows without bound."""
    current_A = np.zeros(4000)
    current_A[3500:] = 1e-6
    card = PaperCard(current_A, call_s=0.003)
    watch, _ = watch_of(card)

    seen = watch.until(0, 4000, watch.current_A, {"trip": CurrentTrip(0.5e-6)}, 0.002)

    assert seen.fired_at == 3500
    assert card.now_s - 3500 / RATE_Hz < 0.02
    assert max(card.reads) > 4


def test_who_keeps_up_never_asks():
    card = PaperCard(np.zeros(4000), call_s=0.001)
    watch, _ = watch_of(card)

    watch.until(0, 4000, watch.current_A, {}, 0.002)

    assert card.asked == 0
    assert set(card.reads) == {4}


def test_a_rig_that_is_slower_than_life_is_read_as_any_other():
    """On a clock that moves only as samples are asked for there is never anything to catch up with."""
    card = PaperCard(np.zeros(400))
    wall_s = iter(np.arange(0.0, 1e3, 0.01))
    watch, _ = watch_of(card, clock=lambda: next(wall_s))

    watch.until(0, 400, watch.current_A, {}, 0.002)

    assert card.asked > 0
    assert set(card.reads) == {4}


def test_a_watch_is_stopped_at_the_next_read():
    card = PaperCard(np.zeros(400))
    watch, blocks = watch_of(card, should_stop=lambda: len(card.reads) >= 3)

    with pytest.raises(Aborted):
        watch.until(0, 400, watch.current_A, {}, 0.002)

    assert len(blocks) == 3


@pytest.mark.parametrize("sign", [1, -1])
def test_a_rail_without_a_bias_ends_a_run_after_a_second(sign):
    railed_A = np.full(4000, sign * 1e-3)
    watch, _ = watch_of(PaperCard(railed_A, bias_V=1e-3))
    watch.watch_inputs()

    watch.read_to(1000)
    with pytest.raises(
        AmplifierRailed, match="current input has been at the amplifier's rail for 1 s without"
    ):
        watch.read_to(4000)

    assert watch.next == 2000


@pytest.mark.parametrize(("bias_V", "railed"), [(0.1, 4000), (1e-3, 1900)])
def test_a_rail_with_a_bias_or_for_less_than_a_second_is_no_fault(bias_V, railed):
    current_A = np.where(np.arange(4000) < railed, 1e-3, 0.0)
    watch, _ = watch_of(PaperCard(current_A, bias_V=bias_V))
    watch.watch_inputs()

    watch.read_to(4000)


def test_the_sink_gets_the_samples_of_a_contact_after_it_was_acted_on() -> None:
    card = PaperCard(np.r_[np.zeros(60), np.full(40, 10 * G0_S * 0.1)])
    watch, blocks = watch_of(card)

    seen = watch.until(0, 100, watch.conductance_G0, {"contact": ContactDetector(5.0, 3)}, 0.006)
    handed_on = sum(len(block) for block in blocks)
    watch.event(EventKind.MARK, "stopped")

    assert (seen.ended, seen.fired_at) == ("contact", 62)
    assert handed_on <= 60, "the samples of the contact wait until somebody has acted"
    assert sum(len(block) for block in blocks[:-1]) == watch.next
    assert blocks[-1].name == "stopped", "and come before its event"
