"""Hostile files of the user: rig, campaign, model and connection files, recordings, files of other programs."""

import json
import re
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from analysis.importers import ForeignFile, ImportOptions, read_file
from analysis.importers.assemble import assemble
from analysis.recording import RecordedChannel, Recording, RecordingError, RecordingWriter, RunHeader
from analysis.recording.run_log import log_of
from analysis.records import Block, Event, EventKind
from app.acquisition.simulated_rig import SimulationSettings, rig_file_text
from app.campaign.file import load_campaign
from app.config.rig import load_rig
from app.config.toml import FileError
from app.models.load import opened_model
from app.models.schema import load_model
from app.server.connection import Connection
from simulators.parameters import load_parameters
from tests.fuzz.tally import Doors, Tally

Rng = np.random.Generator
DOCS = Path(__file__).parents[2] / "docs"

DEEP = 3000
LITERALS = (
    "nan", "inf", "-inf", "1e999", "-0.0", "0", "-1", "9" * 400, "9" * 5000, "1e-320", "1e308", "true", '""', "[]",
    "{}", "[" * DEEP + "]" * DEEP, "{a=" * DEEP + "1" + "}" * DEEP, '"' + "x" * 100_000 + '"', "1979-05-27",
    "[[1, 2], [3]]", '"../../../etc/passwd"', '"\\u0000"', '"\\uD800"', "'''\n'''", "[nan]", "[1e308, 1e308]",
    "0x7fffffffffffffff",
)  # fmt: skip
"""Values in place of those of a TOML file."""

VALUE = re.compile(r"=\s*([^,\n}\]]+)")


def spoilt_bytes(data: bytes, rng: Rng) -> bytes:
    """A file with some bytes changed, cut, repeated or cut off."""
    changed = bytearray(data)
    for _ in range(rng.integers(1, 4)):
        at, n = int(rng.integers(len(changed))), int(rng.choice([1, 1, 2, 8, 64]))
        kind = rng.integers(5)
        if kind == 0:
            changed[at : at + n] = rng.bytes(n)
        elif kind == 1:
            del changed[at : at + n]
        elif kind == 2:
            changed[at:at] = changed[at : at + n] * int(rng.integers(1, 50))
        elif kind == 3:
            changed[at] ^= 1 << int(rng.integers(8))
        elif rng.random() < 0.2:
            del changed[at:]
        changed = changed or bytearray(b"x")
    return bytes(changed)


def spoilt_toml(data: bytes, rng: Rng) -> bytes:
    """A TOML file with other values, lines or bytes."""
    text, kind = data.decode(), rng.integers(5)
    values = list(VALUE.finditer(text))
    lines = text.splitlines(keepends=True)
    if kind <= 1:
        for _ in range(rng.integers(1, 3)):
            values = list(VALUE.finditer(text))
            found = values[rng.integers(len(values))]
            text = text[: found.start(1)] + LITERALS[rng.integers(len(LITERALS))] + text[found.end(1) :]
    elif kind == 2:
        a, b = (VALUE.split(text) for _ in range(2))
        text = "".join(lines[i] for i in rng.permutation(len(lines))) if a == b else text
    elif kind == 3:
        del lines[rng.integers(len(lines))]
        text = "".join(lines)
    else:
        return spoilt_bytes(data, rng)
    return text.encode("utf-8", "surrogatepass")


def _files(
    door: str,
    sources: dict[str, bytes],
    spoil: Callable[[bytes, Rng], bytes],
    read: Callable[[Path], object],
    typed: type[Exception],
    rng: Rng,
    examples: int,
) -> Tally:
    """Read spoilt files of one kind; nothing beside them may be written."""
    tally = Tally(door)
    with tempfile.TemporaryDirectory() as folder:
        for number in range(examples):
            name = list(sources)[rng.integers(len(sources))]
            path = Path(folder) / name
            path.write_bytes(spoil(sources[name], rng))
            with tally.case(typed, what=f"case {number}, {name}"):
                read(path)
            path.unlink()
            if left := list(Path(folder).iterdir()):
                tally.faults.append(f"wrote {left[0].name}")
                shutil.rmtree(left[0]) if left[0].is_dir() else left[0].unlink()
    return tally


def _toml_sources(folder: str) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((DOCS / folder).glob("*.toml"))}


def rig_files(rng: Rng, examples: int) -> Tally:
    """Read spoilt rig files."""
    addresses = {"daq": "127.0.0.1:9", "current_amplifier": "GPIB0::22::INSTR"}
    addresses["voltage_preamplifier"] = "ASRL1::INSTR"
    text = rig_file_text(SimulationSettings(), load_parameters(), addresses)
    text += "[limits]\nbias_V = 1.0\nhigh_bias_s = 10.0\n"
    return _files("rig file", {"rig.toml": text.encode()}, spoilt_toml, load_rig, FileError, rng, examples)


def campaign_files(rng: Rng, examples: int) -> Tally:
    """Read spoilt campaign files."""
    sources = _toml_sources("campaigns")
    return _files("campaign file", sources, spoilt_toml, load_campaign, FileError, rng, examples)


def model_files(rng: Rng, examples: int) -> Tally:
    """Read spoilt model files."""
    sources = {name: data for name, data in _toml_sources("models").items() if b"[fit" not in data[:0]}

    def read(path: Path) -> None:
        load_model(path)

    return _files("model file", sources, spoilt_toml, read, FileError, rng, examples)


def _spoilt_json(data: bytes, rng: Rng) -> bytes:
    if rng.random() < 0.3:
        return rng.choice(
            [b"[" * 100_000, b'{"a":' * 50_000, b"NaN", b"1e999", b"9" * 5000, b'"\\ud800"', b"", b"\xff"]
        )
    return spoilt_bytes(data, rng)


def json_files(rng: Rng, examples: int) -> Tally:
    """Read spoilt connection files and fits."""
    end = "tcp://127.0.0.1:1"
    connection = {
        "commands": end,
        "retract": end,
        "topics": end,
        "token": "t",
        "pid": 1,
        "rig_file": "",
        "rig_name": "",
    }
    fit = {"model": "au.toml", "parameters": {"level_eV": {"value": 1.0, "error": None}}}
    saved = {"results": {"model": {"kind": "levels", "levels": [[1.0, 0.1, 0.1]]}}}

    def read(path: Path) -> None:
        Connection.read(path) if path.name == "bench.json" else opened_model(path)

    sources = {
        name: json.dumps(content).encode()
        for name, content in (("bench.json", connection), ("fit.json", fit), ("saved.json", saved))
    }
    return _files("JSON file", sources, _spoilt_json, read, FileError, rng, examples)


# ---- recordings ----


def _recording(path: Path) -> None:
    channels = tuple(RecordedChannel(name) for name in ("current", "bias"))
    with RecordingWriter(path, RunHeader("fuzz", channels, 1000.0)) as writer:
        for first in range(0, 300, 100):
            writer.append(Block(first, 1000.0, ("current", "bias"), np.arange(200.0).reshape(2, 100)))
            writer.add_event(Event(first, EventKind.MARK, "block", {"first": first}))
            writer.flush()
            if first == 200:
                shutil.copy(log_of(path), path.with_name("log.h5.log"))


def read_recording(path: Path) -> None:
    """Read all that a recording holds."""
    with Recording(path) as recording:
        list(recording.events)
        list(recording.traces)
        first, stop = recording.first, min(recording.stop, recording.first + 2000)
        for gap_first, gap_stop in recording.gaps:
            stop = min(stop, gap_first) if gap_first >= first else stop
            first = max(first, gap_stop) if gap_first <= first else first
        recording.samples(first, max(first, stop))


def _hostile_h5(path: Path, rng: Rng, outside: Path) -> None:
    """Put something hostile in place of a part of a recording."""
    with h5py.File(path, "r+") as file:
        names: list[str] = []
        file.visit(names.append)
        name = names[rng.integers(len(names))]
        kind = rng.integers(9)
        attributes = file[name].attrs
        if kind == 0:
            key = rng.choice([*attributes, "x"])
            attributes[key] = LITERALS[rng.integers(len(LITERALS))].replace("\0", "")[:60_000]
            return
        if kind == 1:
            attributes[rng.choice([*attributes, "x"])] = rng.choice([np.nan, -1.0, 2.0**62])
            return
        del file[name]
        if kind == 2:
            file[name] = h5py.ExternalLink(str(outside), "entry/raw/current")
        elif kind == 3:
            file[name] = h5py.SoftLink("/entry")
        elif kind == 4:
            file.create_dataset(name, (2**40,), "f8", chunks=(4096,), fillvalue=1.0)
        elif kind == 5:
            file.create_dataset(name, data=np.zeros(3_000_000), chunks=True, compression="gzip")
        elif kind == 6:
            file.create_dataset(name, (300,), "f8", external=[(str(outside), 0, 2400)])
        elif kind == 7:
            layout = h5py.VirtualLayout((300,), "f8")
            layout[:] = h5py.VirtualSource(str(outside), "entry/raw/current", (300,))
            file.create_virtual_dataset(name, layout)
        else:
            hostile: tuple[Any, ...] = ("[" * 50_000, b"\xff", "", [1, 2], np.nan, "NaN")
            file.create_dataset(name, data=hostile[rng.integers(len(hostile))])


def recordings(rng: Rng, examples: int) -> Tally:
    """Read spoilt recordings and logs."""
    tally = Tally("recording")
    with tempfile.TemporaryDirectory() as name:
        source, folder = Path(name) / "source", Path(name) / "read"
        source.mkdir()
        _recording(source / "run.h5")
        whole = {path.name: path.read_bytes() for path in source.glob("*.h5*")}
        for number in range(examples):
            folder.mkdir()
            chosen = rng.choice(["run.h5", "run.h5", "log.h5.log"])
            path = folder / chosen
            path.write_bytes(
                whole[chosen] if (hostile := rng.random() < 0.4) else spoilt_bytes(whole[chosen], rng)
            )
            if hostile and chosen == "run.h5":
                _hostile_h5(path, rng, source / "run.h5")
            with tally.case(RecordingError, what=f"case {number}, {chosen}"):
                read_recording(path)
            if {one.name for one in folder.iterdir()} != {chosen}:
                tally.faults.append("wrote another file")
            shutil.rmtree(folder)
    return tally


# ---- files of other programs ----


def _foreign_sources() -> dict[str, bytes]:
    from igorwriter import IgorWave
    from nptdms import ChannelObject, TdmsWriter

    text = "time (s)\tcurrent (nA)\n" + "".join(f"{i * 0.1:.1f}\t{i * 0.3:.2f}\n" for i in range(40))
    rows = "\n".join(",".join(f"{i * j:.1f}" for i in range(30)) for j in range(3))
    with tempfile.TemporaryDirectory() as folder:
        IgorWave(np.linspace(0, 1, 100), name="current_0").save(f"{folder}/current_0.ibw")
        with TdmsWriter(f"{folder}/a.tdms") as writer:
            writer.write_segment([ChannelObject("group", "current", np.linspace(0, 1, 100))])
        binary = {
            path.name: path.read_bytes()
            for path in Path(folder).iterdir()
            if path.suffix in (".ibw", ".tdms")
        }
    return {"columns.txt": text.encode(), "rows.csv": rows.encode(), **binary}


def imports(rng: Rng, examples: int) -> Tally:
    """Import spoilt files of other programs."""

    def read(path: Path) -> None:
        assemble(read_file(path), ImportOptions())

    return _files("import", _foreign_sources(), spoilt_bytes, read, ForeignFile, rng, examples)


DOORS: Doors = {
    "rig": rig_files,
    "campaign": campaign_files,
    "model": model_files,
    "json": json_files,
    "recording": recordings,
    "import": imports,
}
