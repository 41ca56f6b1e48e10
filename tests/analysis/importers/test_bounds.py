"""Files from outside may neither fill the memory nor lead elsewhere."""

import pytest

from analysis.importers import ForeignFile, files_in
from analysis.importers.decoding import read_lines


def test_a_line_without_an_end_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("analysis.importers.decoding.MOST_LETTERS", 2000)
    path = tmp_path / "bomb.txt"
    path.write_text("1 2\n" + "3 " * 1000 + "\n" + "4 " * 1001, encoding="utf-8")
    lines = read_lines(path)

    assert next(lines) == (1, "1 2")
    with pytest.raises(ForeignFile, match=r"bomb\.txt: line 2 has more than 0\.002 million letters"):
        next(lines)


def test_a_link_out_of_a_folder_is_passed_over(tmp_path):
    folder, outside = tmp_path / "data", tmp_path / "outside.txt"
    folder.mkdir()
    (folder / "real.txt").write_text("1 2\n", encoding="utf-8")
    outside.write_text("3 4\n", encoding="utf-8")
    try:
        (folder / "inner.txt").symlink_to(folder / "real.txt")
        (folder / "outer.txt").symlink_to(outside)
    except OSError:
        pytest.skip("this system lets only an administrator make links")

    files, skipped = files_in([folder])

    assert [file.name for file in files] == ["inner.txt", "real.txt"]
    assert skipped == []
