"""`hotjunction verify`: compare recordings with their seals, and repair them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from app.console.errors import Command


@click.command(cls=Command)
@click.argument("recordings", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--repair", is_flag=True, help="Write a repaired copy, NAME-repaired.h5, of each damaged file.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
def command(recordings: tuple[Path, ...], repair: bool, as_json: bool) -> None:
    """Compare RECORDINGS (files, or folders of them) with their seals, byte by byte.

    Says of each whether it is whole, damaged (what, and whether it can be repaired), or has no seal, as recordings of
    format 1 and runs in progress have none. Ends with 0 if all are whole, 1 if one is damaged, 2 if one has no seal.
    """
    import json

    from analysis.recording import RecordingError, verify
    from analysis.recording import repair as repaired
    from app.config.toml import FileError
    from app.console.progress import stderr_console

    results = []
    console = stderr_console()
    for path in recording_files(recordings):
        with console.status(f"{path.name} ..."):
            try:
                found = verify(path)
            except RecordingError as error:
                raise FileError(str(error)) from None
        result: dict[str, Any] = {"path": str(path), "verdict": found.verdict, "damage": list(found.damage)}
        if commissioning := _commissioning(path):
            result["commissioning"] = commissioning
        if found.verdict == "damaged":
            result["repairable"] = found.repairable
            if repair and found.repairable:
                target = path.with_name(f"{path.stem}-repaired{path.suffix}")
                try:
                    repaired(path, target)
                except (FileExistsError, RecordingError) as error:
                    raise FileError(str(error)) from None
                result["repaired"] = str(target)
        results.append(result)
        if not as_json:
            click.echo(_sentence(result))
            if commissioning:
                click.echo(f"  taken on a rig commissioned by {commissioning}")
    if as_json:
        click.echo(json.dumps({"recordings": results}, indent=2))
    verdicts = {result["verdict"] for result in results}
    raise SystemExit(1 if "damaged" in verdicts else 2 if "no seal" in verdicts else 0)


def _commissioning(path: Path) -> str:
    """Return the commissioning that a recording names; "" for one that names none or can't be read."""
    from analysis.recording import Recording, RecordingError
    from app.offline.commissioning import commissioning_of

    try:
        with Recording(path) as recording:
            return commissioning_of(recording.header.settings)
    except RecordingError:
        return ""


def recording_files(paths: tuple[Path, ...]) -> list[Path]:
    """Return the recordings: files as given, and those in each folder."""
    from app.config.toml import FileError

    files: list[Path] = []
    for path in paths:
        found = sorted(path.glob("*.h5")) if path.is_dir() else [path]
        if not found:
            raise FileError(f"{path}: this folder holds no recordings")
        files += found
    return files


def _sentence(result: Mapping[str, Any]) -> str:
    path, damage = result["path"], result["damage"]
    if result["verdict"] == "whole":
        return f"{path}: whole" + (f" ({damage[0]})" if damage else "")
    if result["verdict"] == "no seal":
        return f"{path}: no seal; what can be checked without one is in order. `hotjunction seal` adds one to a copy"
    text = f"{path}: damaged: {'; '.join(damage)}"
    if "repaired" in result:
        return f"{text}. Repaired, byte for byte, in {result['repaired']}"
    if result.get("repairable"):
        return f"{text}. It can be repaired: add --repair"
    return f"{text}. It cannot be repaired; `hotjunction recover` copies what is whole"
