"""The store: nothing is lost, the newest counts, and a run copies what it used."""

from datetime import UTC, datetime, timedelta

import pytest

from app.acquisition.recorded_calibrations import header_calibrations, product_uncertainty
from app.config.calibrated_rig import described, load_calibrated_rig, thermometer_advice
from app.config.calibration_store import (
    AmplifierRecord,
    CalibrationStore,
    LagRecord,
    NoiseRecord,
    PiezoRecord,
    ProofRecord,
    ThermometerRecord,
    store_of,
)
from app.config.rig import load_rig
from app.config.toml import FileError
from tests.app.config.test_rig import RIG

NOW = datetime(2026, 11, 21, 14, 3, 11, tzinfo=UTC)


def thermometer(probe="N7", resistance=72800.0, date=NOW, **others):
    return ThermometerRecord(
        date=date,
        probe=probe,
        thermal_resistance_K_per_W=resistance,
        thermal_resistance_uncertainty_K_per_W=500.0,
        seebeck_V_per_K=16.3e-6,
        seebeck_uncertainty_V_per_K=0.2e-6,
        **others,
    )


def piezo(nm_per_V, date=NOW):
    return PiezoRecord(date=date, extension_nm_per_V=nm_per_V, uncertainty_nm_per_V=0.3)


RECORDS = [
    thermometer(method='heater of "120" ohm\\, by\tnight\x7f', recording="ü.h5", correlation=-0.9),
    NoiseRecord(
        date=NOW,
        probe="N 7/b",
        white_V_per_rtHz=1e-8,
        white_uncertainty_V_per_rtHz=1e-10,
        corner_Hz=20.0,
        corner_uncertainty_Hz=2.0,
    ),
    AmplifierRecord(
        date=NOW,
        setting_V_per_A=1e5,
        gain_V_per_A=100_210.0,
        gain_uncertainty_V_per_A=50.0,
        offset_V=-2e-4,
        offset_uncertainty_V=1e-6,
    ),
    piezo(19.1),
    LagRecord(date=NOW, lag_s=5.1e-4, uncertainty_s=1e-6, rate_Hz=2000.0),
]


@pytest.fixture
def store(tmp_path):
    return CalibrationStore(tmp_path / "calibrations")


@pytest.fixture
def rig_file(tmp_path):
    path = tmp_path / "rig.toml"
    path.write_text(RIG + '[probe]\nid = "N7"\n', encoding="utf-8")
    return path


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.kind)
def test_a_record_comes_back_as_it_was_saved(store, record):
    path = store.save(record)

    assert store.records() == [record]
    assert path.name.startswith(f"2026-11-21T140311Z-{record.kind}")


def test_numbers_of_a_proof_have_their_unit_after_them():
    numbers = {"bias loop-back V/V": 0.99981, "test current": 1.002}
    record = ProofRecord(date=NOW, proved=NOW, rig_file="a", card=0x6281C01, amplifiers="b", numbers=numbers)
    assert described(record)[1].endswith("; bias loop-back 0.9998 V/V, test current 1.002")


def test_nothing_is_written_over_and_the_newest_counts(store):
    dates = [NOW, NOW + timedelta(days=1), NOW - timedelta(days=400), NOW]
    paths = [store.save(piezo(10.0 + i, date)) for i, date in enumerate(dates)]

    assert len(set(paths)) == 4
    assert store.newest(PiezoRecord).extension_nm_per_V == 11.0
    assert [record.date for record in store.records()] == sorted(dates)
    assert not list(store.folder.glob("*.part"))


def proof(date=NOW):
    return ProofRecord(date=date, proved=date, rig_file="a", card=0x6281C01, amplifiers="b")


def test_of_the_proofs_only_the_newest_stays(store):
    """A rig is proved several times a day: after two years each start of a run read thousands of them."""
    later = proof(NOW + timedelta(hours=1))
    for record in (piezo(10.0), proof(), thermometer("N7", 72800.0), later, proof(NOW)):
        store.save(record)

    assert [record for record in store.records() if isinstance(record, ProofRecord)] == [proof(NOW), later]
    store.save(proof(NOW + timedelta(hours=2)))
    assert len(store.records()) == 3


def test_a_record_that_another_program_deletes_meanwhile_is_left_out(store, monkeypatch):
    paths = [store.save(piezo(10.0)), store.save(piezo(11.0, NOW + timedelta(days=1)))]
    read = CalibrationStore._read

    def reading(self, file):
        paths[1].unlink(missing_ok=True)
        return read(self, file)

    monkeypatch.setattr(CalibrationStore, "_read", reading)

    assert [record.extension_nm_per_V for record in store.records()] == [10.0]


def test_each_probe_and_each_gain_has_its_own(store):
    for record in (thermometer("N7", 72800.0), thermometer("N8", 60000.0), RECORDS[2]):
        store.save(record)

    assert store.newest(ThermometerRecord, probe="N8").thermal_resistance_K_per_W == 60000.0
    assert store.newest(ThermometerRecord, probe="N9") is None
    assert store.newest(AmplifierRecord, setting_V_per_A=1e7) is None


def test_a_store_that_is_not_there_is_empty(store):
    assert store.records() == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("kind = 'piezo'\n", r"extension_nm_per_V: is missing"),
        ("kind = 'peizo'\n", r"kind = 'peizo'"),
        ("kind = \n", "not TOML"),
        ("kind = 'lag'\ndate = 2026-11-21\nlag_s = 0.0\nuncertainty_s = 0.0\nrate_Hz = 1.0\n", "date"),
    ],
)
def test_a_broken_record_is_named(store, text, said):
    store.folder.mkdir()
    (store.folder / "x.toml").write_text(text, encoding="utf-8")

    with pytest.raises(FileError, match=rf"x\.toml: .*{said}|x\.toml: {said}"):
        store.records()


def test_the_rig_takes_what_the_store_knows(rig_file):
    assert not load_calibrated_rig(rig_file).probe.known
    store = store_of(rig_file, load_rig(rig_file))
    for record in RECORDS:
        store.save(record)

    rig = load_calibrated_rig(rig_file)

    assert rig.piezo.extension_nm_per_V == 19.1
    assert rig.piezo.relative_uncertainty == pytest.approx(0.3 / 19.1)
    assert rig.current_amplifier.gain_V_per_A == 1e5, "the setting stays what it is"
    assert rig.current_amplifier.true_gain_V_per_A == 100_210.0
    assert rig.probe.thermal_resistance_K_per_W == 72800.0
    assert rig.probe.correlation == -0.9


def test_a_gain_is_known_only_where_it_was_measured(rig_file):
    store_of(rig_file, load_rig(rig_file)).save(RECORDS[2])

    assert load_calibrated_rig(rig_file, 1e7).current_amplifier.true_gain_V_per_A == 1e7
    assert load_calibrated_rig(rig_file).current_amplifier.true_gain_V_per_A == 100_210.0


def test_a_gain_measured_on_another_model_of_amplifier_does_not_count(rig_file):
    store = store_of(rig_file, load_rig(rig_file))
    store.save(RECORDS[2])
    later = {"date": NOW + timedelta(days=1), "model": "hand-set", "gain_V_per_A": 97_000.0}
    store.save(RECORDS[2].model_copy(update=later))

    assert load_calibrated_rig(rig_file).current_amplifier.true_gain_V_per_A == 100_210.0


@pytest.mark.parametrize(
    ("calibrated", "constant"),
    [("2026-11-22", 20.0), ("2026-11-21T15:03:11+02:00", 19.1), ("by eye", 19.1), ("2026-11-20", 19.1)],
)
def test_numbers_of_the_rig_file_count_from_their_date(rig_file, calibrated, constant):
    text = rig_file.read_text(encoding="utf-8")
    rig_file.write_text(
        text.replace("extension_nm_per_V = 20.0", f'extension_nm_per_V = 20.0\ncalibrated = "{calibrated}"'),
        encoding="utf-8",
    )
    store_of(rig_file, load_rig(rig_file)).save(piezo(19.1))

    assert load_calibrated_rig(rig_file).piezo.extension_nm_per_V == constant


def test_a_run_knows_when_its_current_comes(rig_file):
    """The newest lag of this sample rate; the mean of a lag does not say."""
    store = store_of(rig_file, load_rig(rig_file))
    common = {"lag_s": 5e-4, "uncertainty_s": 1e-5, "current_lag_s": 2.7e-4}
    store.save(LagRecord(date=NOW, **common, current_first_arrival_s=-5e-4, rate_Hz=2000.0))
    store.save(LagRecord(date=NOW, **common, current_first_arrival_s=-1e-4, rate_Hz=10_000.0))

    used = header_calibrations(load_calibrated_rig(rig_file))

    assert (used["current_first_arrival"].value, used["current_first_arrival"].unit) == (-5e-4, "s")


def test_a_run_copies_what_it_used(rig_file):
    store = store_of(rig_file, load_rig(rig_file))
    assert set(header_calibrations(load_calibrated_rig(rig_file))) == {"current_gain", "piezo"}
    store.save(thermometer(correlation=-0.6))
    store.save(RECORDS[2])

    used = header_calibrations(load_calibrated_rig(rig_file))

    assert (used["thermal_resistance"].value, used["thermal_resistance"].unit) == (72800.0, "K/W")
    assert used["thermocouple_seebeck"].uncertainty == 0.2e-6
    assert (used["thermal_time_constant"].value, used["thermal_time_constant"].unit) == (1e-5, "s")
    assert used["thermocouple_seebeck"].source == "probe N7"
    assert used["thermal_resistance"].date.startswith("2026-11-21T14:03:11")
    assert used["thermometer_product"].value == pytest.approx(72800 * 16.3e-6)
    assert (used["current_gain"].value, used["current_gain"].uncertainty) == (100_210.0, pytest.approx(50.0))
    assert used["piezo"].date is None
    assert "date not known" in used["piezo"].source


@pytest.mark.parametrize(
    ("correlation", "relative"),
    [(0.0, 0.05), (1.0, 0.07), (-1.0, 0.01)],
)
def test_uncertainty_of_a_product(correlation, relative):
    assert product_uncertainty(0.03, 0.04, correlation) == pytest.approx(relative)


def test_the_paper_s_scale_error_is_1_4_percent():
    assert product_uncertainty(500 / 72800, 0.2 / 16.3, 0.0) == pytest.approx(0.01406, abs=5e-6)


def test_advice_names_the_nearest_probe(rig_file):
    store = store_of(rig_file, load_rig(rig_file))
    store.save(thermometer("N8"))
    store.save(thermometer("other"))

    advice = thermometer_advice(load_calibrated_rig(rig_file), store, NOW)

    assert "did you mean 'N8'?" in advice


@pytest.mark.parametrize(("days", "advice"), [(1, ""), (364, ""), (366, "366 days old")])
def test_advice_on_age(rig_file, days, advice):
    store = store_of(rig_file, load_rig(rig_file))
    store.save(thermometer())

    said = thermometer_advice(load_calibrated_rig(rig_file), store, NOW + timedelta(days=days))

    assert advice in said
    assert advice in said
    assert bool(said) == bool(advice)


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ('[probe]\nid = "N7"\nseebeck_V_per_K = 1e-5\n', "needs all of its numbers or none"),
        ("[probe]\n", r"probe\.id: is missing"),
        ('[probe]\nid = "N7"\ncorrelation = 2\n', r"probe\.correlation = 2"),
        ('[probe]\nid = "N7"\nseebek_V_per_K = 1\n', "did you mean 'seebeck_V_per_K'"),
    ],
)
def test_a_wrong_probe_section_is_refused(tmp_path, section, said):
    path = tmp_path / "rig.toml"
    path.write_text(RIG + section, encoding="utf-8")

    with pytest.raises(FileError, match=said):
        load_rig(path)


def test_a_calibration_that_no_usual_rig_has_is_refused(tmp_path):
    rig_file = tmp_path / "rig.toml"
    rig_file.write_text(RIG, "utf-8")
    rig = load_rig(rig_file)
    store_of(rig_file, rig).save(PiezoRecord(date=NOW, extension_nm_per_V=19_000, uncertainty_nm_per_V=300))
    with pytest.raises(
        FileError, match=r"newest calibration gives piezo.extension_nm_per_V = 19000.0; usual is 0.2"
    ):
        load_calibrated_rig(rig_file)
