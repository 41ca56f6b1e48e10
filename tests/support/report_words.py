"""Words of a report as its reader sees them."""

import re
from html import unescape

NAME_OF_THE_CODE = re.compile(r"\b[A-Za-z]+_[A-Za-z]\w*|\d[eE][+-]?\d|\b(?:None|nan|True|False)\b")


def names_of_the_code(page: str) -> list[str]:
    """Return names and numbers of the code in a page, outside of pictures, quotations and the result as JSON."""
    text = re.sub(r"(?s)<(style|script|pre|svg)\b.*?</\1>", "", page)
    text = re.sub(r"(?s)<tr><th>(?:notes|from file|from options)</th>.*?</tr>", "", text)
    text = re.sub(r"<(?:sub|/sub|i|/i|b|/b)>", "", text)
    words = [unescape(piece) for piece in re.split(r"<[^>]*>", text)]
    quoted = re.compile(r"\S*/\S+|\S+\.(?:h5|csv|toml|py)\b")
    return [
        f"{found[0]!r} in {piece.strip()!r}"
        for piece in words
        if (found := NAME_OF_THE_CODE.search(quoted.sub("", piece)))
    ]
