"""A mistake of typing or pasting in a TOML file is said with its line and its remedy."""

from pathlib import Path

import pytest

from app.config.toml import FileError, loaded, read_toml


@pytest.mark.parametrize(
    ("line", "remedy"),
    [
        ("rise_time_s = 3,0e-4", "a comma in a number; write a point"),
        ("bias = { min_V = -2,5, max_V = 2 }", "a comma in a number"),
        ("extension_nm_per_V = 10 nm/V", "write the number alone: its unit is in the name of the key"),
        ("gain_V_per_A = 10^5", "a power of ten is written as in 1e5"),
        ("rate_Hz = 2 000", "without separators of thousands"),
        ("rate_Hz = 2'000", "without separators of thousands"),
        ("extension_nm_per_V: 10", "have = between them"),
        ("extension_nm_per_V 10", "have = between them"),
        ("extension_nm_per_V = 10.0 // measured", "a comment begins with #"),
        ("extension_nm_per_V = .5", "digits on both sides of its point"),
        ("filter = True", "write true or false"),
        ("controller = local", "a text is written in quotes"),
        (r'calibrations = "C:\Users\lab"', "a backslash is written twice"),
        ('name = "a";', "does not end with a semicolon"),
        ("extension_nm_per_V =\u00a010", r"no-break space \(U\+00A0\)"),
        ("controller = \u201clocal\u201d", r"left double quotation mark \(U\+201C\)"),
        ("min_V = \u22122.0", r"minus sign \(U\+2212\)"),
        ("\u200b[piezo]", r"zero width space \(U\+200B\)"),
        ("<<<<<<< HEAD", "two versions of the file were merged"),
    ],
)
def test_the_line_and_the_remedy_are_named(line: str, remedy: str) -> None:
    with pytest.raises(ValueError, match=rf"^line 2, `.*`: .*{remedy}"):
        loaded(f'a = "10,5 nm \u2212 // \\\\"  # 3,5 \u2212\n{line}\n')


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('name = "Größe"'.encode("utf-16"), r'was saved as UTF-16 \("Unicode"\); save it as UTF-8'),
        (
            "a = 1\nname = 'Größe'".encode("cp1252"),
            r"letters of an older program \(line 2\); save it as UTF-8",
        ),
        (b"a = 1\nb = 2\n\0\0\0", "bytes in line 3 that are no text: it is damaged"),
        (b"a = 1\rb = 2,5\r", "its lines end as on old Macintosh computers"),
    ],
)
def test_a_file_that_is_no_text_is_said_with_the_way_out(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "rig.toml"
    path.write_bytes(content)
    with pytest.raises(FileError, match=said):
        read_toml(path)
