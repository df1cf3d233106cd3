"""Letters of a page that MuPDF gives in the wrong order."""

from __future__ import annotations

import re
from typing import Any

_ALEFS, _LAM = "\u0622\u0623\u0625\u0627", "\u0644"
_ALEF_LAM = re.compile(f"[{_ALEFS}]{_LAM}")


def mended_letters(page: Any, extracted: Any) -> dict[tuple[int, int], str]:
    """The letters of those lines, by block and number, in which MuPDF took an Arabic ligature of lam and alef apart backwards.

    The alef then has no width and stands before its lam.
    """
    mended: dict[tuple[int, int], str] = {}
    if not _ALEF_LAM.search(page.get_text("text", textpage=extracted)):
        return mended
    for block in page.get_text("rawdict", textpage=extracted)["blocks"]:
        for number, line in enumerate(block.get("lines", ())):
            letters = [c for span in line["spans"] for c in span["chars"] if not c["c"].isspace()]
            text = [c["c"] for c in letters]
            for i, c in enumerate(letters[:-1]):
                if c["c"] in _ALEFS and text[i + 1] == _LAM and c["bbox"][2] - c["bbox"][0] < 0.1:
                    text[i], text[i + 1] = text[i + 1], text[i]
            mended[(block["number"], number)] = "".join(text)
    return mended
