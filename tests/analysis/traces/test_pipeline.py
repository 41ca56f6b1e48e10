import json
import os
from pathlib import Path

import numpy as np
import pytest

from analysis.conductance import CurrentCalibration
from analysis.importers import ImportOptions, read_file
from analysis.importers.assemble import assemble
from analysis.importers.record import record
from analysis.recording import Recording
from analysis.traces.histogram import BinAxis, Scale
from analysis.traces.options import AnalysisOptions
from analysis.traces.pipeline import analyse
from analysis.traces.read import traces_of
from tests.support.physics.iv_junctions import opening_traces

UNATTENDED = AnalysisOptions()


def analysed(seed, n, options=UNATTENDED, **kind):
    rng = np.random.default_rng(seed)
    return analyse(opening_traces(rng, n, **kind), options, rng)


def peaks(analysis, scale):
    return [peak for peak in analysis.peaks if peak.scale is scale and peak.trusted]


@pytest.mark.parametrize(("molecule_G0", "sigma"), [(2e-3, 0.3), (5e-3, 0.15), (4e-4, 0.25), (4e-2, 0.3)])
def test_metal_and_molecule_are_found_unattended(molecule_G0, sigma):
    kind = {"molecule_G0": molecule_G0, "sigma_decades": sigma, "probability": 0.4, "noise_G0": 2e-5}

    found = analysed(1, 400, **kind)

    first = peaks(found, Scale.LINEAR)[0]
    (molecule,) = peaks(found, Scale.LOG)
    # A plateau slopes by 3 % over a tenth of a nanometre, so its mean lies below where it begins.
    assert 0.90 < first.conductance_G0 < 0.98
    error_decades = molecule.uncertainty_G0 / molecule.conductance_G0 / np.log(10)
    assert np.log10(molecule.conductance_G0 / molecule_G0) == pytest.approx(0.0, abs=3 * error_decades)
    assert molecule.sigma_decades == pytest.approx(sigma, rel=0.35)


def test_bare_metal_has_no_trusted_molecule():
    assert [peaks(analysed(seed, 200), Scale.LOG) for seed in range(5)] == [[]] * 5


def test_offset_of_the_amplifier_is_not_taken_for_a_molecule():
    assert peaks(analysed(2, 200, offset_G0=4e-4, noise_G0=2e-5), Scale.LOG) == []


def test_same_seed_gives_the_same_numbers():
    assert analysed(3, 60).to_json() == analysed(3, 60).to_json()


def test_json_has_the_agreed_keys_and_no_number_that_json_does_not_know():
    found = analysed(4, 200, molecule_G0=2e-3, probability=0.5).to_json()

    again = json.loads(json.dumps(found, allow_nan=False))
    assert again["traces"] == {"total": 200, "kept": 200, "rejected": {}}
    for peak in again["histogram"]["peaks"]:
        width = {"linear": "sigma_G0", "log": "sigma_decades"}[peak["scale"]]
        assert peak[width] > 0.0
        assert {"conductance_G0", "uncertainty_G0", "spread_G0", "trusted", "reasons"} <= set(peak)
        assert peak["calibration_uncertainty_G0"] is None
    assert {peak["scale"] for peak in again["histogram"]["peaks"]} == {"linear", "log"}


def test_every_sample_of_the_kept_traces_is_in_each_histogram():
    found = analysed(5, 100, molecule_G0=2e-3, probability=0.5).to_json()

    for kind in ("linear", "log"):
        one = found["histogram"][kind]
        counted = one["counted"] + one["underflow"] + one["overflow"] + one["undefined"]
        assert counted == found["samples"]["total"]
    assert found["histogram"]["log"]["underflow"] >= found["samples"]["negative"] > 0


def test_gain_that_is_known_to_one_percent_is_said_beside_the_other_errors():
    calibration = CurrentCalibration(1e5, gain_uncertainty=0.01)

    found = analysed(6, 100, AnalysisOptions(calibration=calibration))

    assert found.calibration_uncertainty_G0[0] == pytest.approx(0.01 * found.peaks[0].conductance_G0)


def test_no_traces_are_no_error():
    found = analyse([], UNATTENDED, np.random.default_rng(0)).to_json()

    assert found["traces"] == {"total": 0, "kept": 0, "rejected": {}}
    assert found["histogram"]["peaks"] == []
    assert found["noise_floor_G0"] is None


def test_one_trace_is_no_error():
    found = analysed(7, 1)

    assert len(found.selection.kept) == 1
    assert not any(peak.trusted for peak in found.peaks)


def test_axes_and_ranges_can_be_chosen():
    options = AnalysisOptions(
        linear_axis=BinAxis.linear(0.5, 1.5, 0.02),
        log_axis=BinAxis.log(1e-4, 1.0, 50),
        metallic_G0=(0.6, 1.3),
    )

    found = analysed(8, 200, options)

    assert (found.linear.axis, found.log.axis) == (options.linear_axis, options.log_axis)
    assert len(peaks(found, Scale.LINEAR)) == 1


@pytest.fixture(scope="module")
def recordings():
    folder = os.environ.get("HOTJUNCTION_RECORDINGS")
    if not folder:
        pytest.skip("HOTJUNCTION_RECORDINGS does not say where the recordings of others are")
    return Path(folder)


def imported(paths, out, **options):
    """Import, read back, and analyse with the contact threshold that the files tell."""
    pieces = [piece for path in paths for piece in read_file(path)]
    record(assemble(pieces, ImportOptions(**options)), out)
    with Recording(out) as recording:
        told = AnalysisOptions(contact_G0=recording.header.settings.get("engage_threshold_G0"))
        return analyse(traces_of(recording), told, np.random.default_rng(0))


def test_real_gold_contacts_have_their_first_peak_where_others_found_it(recordings, tmp_path):
    """Au in an STM (EKA programs), 200 traces; a Gaussian on a sloping background lies at 0.925 G0."""
    found = imported(
        sorted(recordings.glob("eka-au-stmbj/PullOutConductanceBlock*.ibw")), tmp_path / "eka.h5"
    )

    first = found.peaks[0]
    assert first.trusted, first.reasons
    assert first.background == "linear"
    assert first.conductance_G0 == pytest.approx(0.925, abs=0.02)
    assert 0.004 < first.uncertainty_G0 < 0.02
    assert first.lowest_G0 < 0.925 < first.highest_G0
    assert found.noise.mad_G0 == pytest.approx(4e-5, rel=0.25)
    assert found.selection.reasons == {"starts too low": 2}
    assert found.selection.wild_samples + found.selection.wild_in_rejected > 0
    negative = sum(np.count_nonzero(t.conductance_G0 < 0) for t in found.selection.kept)
    assert found.selection.negative_samples == negative > 0.2 * found.selection.samples
    assert found.log.underflow >= negative
    assert peaks(found, Scale.LOG) == []


def test_half_of_the_real_traces_agree_with_the_other_half_within_their_errors(recordings, tmp_path):
    blocks = sorted(recordings.glob("eka-au-stmbj/PullOutConductanceBlock*.ibw"))

    one, two = (imported([block], tmp_path / f"{block.stem}.h5").peaks[0] for block in blocks)

    error = np.hypot(one.uncertainty_G0, two.uncertainty_G0)
    assert one.conductance_G0 == pytest.approx(two.conductance_G0, abs=3 * error)


def test_real_traces_without_any_axis_go_through(recordings, tmp_path):
    """Au with tunnelling after the break, 97 traces of CSV, G/G0 from 5 to 1e-8."""
    rows = [recordings / "au-tunnelling" / "example_tunneling_data.csv"]

    found = imported(rows, tmp_path / "tunnelling.h5", units={"conductance": "G0"})

    multiples = [peak.conductance_G0 for peak in peaks(found, Scale.LINEAR)]
    assert multiples == pytest.approx([0.9, 1.8, 2.85], abs=0.08)
    assert found.noise.mad_G0 < 2e-8
    assert peaks(found, Scale.LOG) == []
    assert (found.map.n_traces, found.map.not_aligned) == (0, len(found.selection.kept))
    assert len(found.selection.kept) + len(found.selection.rejected) == 97
