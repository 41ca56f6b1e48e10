"""Usual mistakes in TOML files that people type or paste, by the line at which the reading ended."""

import codecs
import re
import tomllib
import unicodedata

PLACE = re.compile(r"at line (\d+), column \d+")
TEXTS = re.compile(r"""("(?:\\.|[^"\\])*")|('[^']*')""")
"""Texts in quotes, double or single, which may contain anything."""

NUMBER = r"[-+]?\d[\d_]*(?:\.\d+)?(?:[eE][-+]?\d+)?"
MOST_SHOWN = 60

REMEDIES = (
    (r"<<<<<<<|=======|>>>>>>>", "two versions of the file were merged and not sorted out; keep one of them"),
    (r"[^#]*\\", "in double quotes a backslash is written twice; a path in single quotes needs only one"),
    (rf"[^#]*=\s*{NUMBER}\s*(//|;|%)", "a comment begins with #"),
    (
        rf"[^#]*=\s*[-+]?\d*,\d|[^#]*=\s*{NUMBER},\d",
        "a comma in a number; write a point, and no separator of thousands",
    ),
    (rf"[^#]*=\s*{NUMBER}\s*[*^x]", "a power of ten is written as in 1e5"),
    (rf"[^#]*=\s*{NUMBER}[ '’]\d", "a number is written without separators of thousands: 2000 or 2_000"),
    (rf"[^#]*=\s*{NUMBER}\s*[A-Za-z]", "write the number alone: its unit is in the name of the key"),
    (r"[^#]*=\s*[-+]?(\.\d|\d+\.(\D|$))", "a number has digits on both sides of its point, as in 0.5"),
    (r"[^#]*=\s*[-+]?0\d", "a number does not begin with 0, except one below 1"),
    (r"[^#]*;+\s*$", "a line does not end with a semicolon"),
    (r"[^#]*=\s*(True|False|yes|no|on|off|TRUE|FALSE)\b", "write true or false, in small letters"),
    (r"[^#]*=\s*[A-Za-z]", "a text is written in quotes"),
    (r"\s*[\w.-]+\s*:", "a key and its value have = between them"),
    (r"\s*[\w.-]+\s+[^=\s]*$", "a key and its value have = between them"),
)
"""Beginnings of lines, with the remedy; the first that suits counts. Texts in quotes are empty in these lines."""


def explained(text: str, error: tomllib.TOMLDecodeError) -> str:
    """Return the place and the cause of an error in a TOML text, and the remedy if it is a usual mistake."""
    message = str(error)
    if "Cannot overwrite a value" in message or "Cannot declare" in message:
        return f"{message}: a key or table is there twice"
    place = PLACE.search(message)
    lines = text.split("\n")
    if place is None or int(place[1]) > len(lines):
        return message
    line = lines[int(place[1]) - 1]
    remedy = _remedy(line.rstrip("\r"))
    return f"line {place[1]}, {_shown(line)}: {remedy}" if remedy else message


def _shown(line: str) -> str:
    """Return a line as the user sees it, with codes for what can't be seen."""
    text = "".join(one if one.isprintable() else f"<U+{ord(one):04X}>" for one in line.strip(" \t\r"))
    return f"`{text}`" if len(text) <= MOST_SHOWN else f"`{text[:MOST_SHOWN]} ...`"


def _remedy(line: str) -> str:
    bare = TEXTS.sub(lambda found: '"' * 2 if "\\" not in found[0] or found[2] else '"\\"', line)
    if "\r" in line:
        return "its lines end as on old Macintosh computers; save the file with usual line ends"
    code = bare.partition("#")[0]
    odd = next((one for one in code if one != "\t" and not (one.isascii() and one.isprintable())), "")
    if odd:
        return _odd(odd)
    return next((remedy for start, remedy in REMEDIES if re.match(start, bare)), "")


def _odd(character: str) -> str:
    """Return what to do about a character that has no place outside of quotes, and often can't be seen."""
    name = unicodedata.name(character, "a control character").lower()
    code = f"U+{ord(character):04X}"
    return (
        f"it has a character that is often pasted from other programs: {name} ({code}). Type that place anew"
    )


def undecodable(content: bytes, name: str) -> str:
    """Return why the content of a file is not a text in UTF-8, as far as that can be seen, and the remedy."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or b"\0" in content[:4]:
        return f'{name} was saved as UTF-16 ("Unicode"); save it as UTF-8'
    try:
        content.partition(b"\0")[0].decode("utf-8")
    except UnicodeDecodeError as error:
        return (
            f"{name} was saved with the letters of an older program (line {_line(content, error.start)}); save it as "
            "UTF-8"
        )
    at = _line(content, content.index(b"\0"))
    return f"{name} has bytes in line {at} that are no text: it is damaged, take it from a copy"


def _line(content: bytes, place: int) -> int:
    return content.count(b"\n", 0, place) + 1
