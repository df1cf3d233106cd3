"""The pages and properties of a PDF in; its title and date out."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from ragdesk.ingest.building import clean
from ragdesk.ingest.pdf_lines import Page

_BAD_TITLE = re.compile(
    r"(?i)(microsoft (word|powerpoint|excel).*|untitled.*|document\d*|print|title|[\W\d_]*|"
    r".*\.(docx?|pdf|indd|qxd|xlsx?|pptx?|tex|dvi|ps|rtf|txt))"
)

_MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)

_MONTH = "|".join(_MONTHS)

_DATE = re.compile(
    r"(?i)\b(?:(?P<y>(?:19|20)\d\d)-(?P<m>\d\d)-(?P<d>\d\d)"
    rf"|(?P<month>{_MONTH})\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<year>(?:19|20)\d\d)"
    rf"|(?P<day2>\d{{1,2}})(?:st|nd|rd|th)?\s+(?:day\s+of\s+)?(?P<month2>{_MONTH}),?\s+(?P<year2>(?:19|20)\d\d))\b"
)


def title_of(said: str, pages: Sequence[Page]) -> str:
    """The title that the file gives itself, else the largest line of its first page; empty where neither is one."""
    said = " ".join(clean(said).split())
    if 4 <= len(said) <= 200 and not _BAD_TITLE.fullmatch(said):
        return said
    first = next((page for page in pages if page.lines), None)
    if first is None:
        return ""
    upper = [
        line for line in first.lines if line.box[1] < first.height * 0.6 and sum(c.isalpha() for c in line.text) >= 4
    ]
    if not upper:
        return ""
    largest = max(line.size for line in upper)
    usual = Counter(line.size for line in first.lines).most_common(1)[0][0]
    if largest < 1.15 * usual:
        bold = [
            line for line in upper[:6] if (line.bold or line.text == line.text.upper()) and 6 <= len(line.text) <= 120
        ]
        return bold[0].text if bold else ""
    return " ".join(line.text for line in upper if line.size == largest)[:200]


def date_of(pages: Sequence[Page], metadata: dict[str, str]) -> str:
    """The ISO date that the first page says, else when the file was made; empty where neither is known."""
    first = next((page for page in pages if page.lines), None)
    text = " ".join(line.text for line in first.lines) if first else ""
    if match := _DATE.search(text[:6000]):
        found = match.groupdict()
        if found["y"]:
            return match.group() if found["m"] <= "12" and found["d"] <= "31" else ""
        month = _MONTHS.index((found["month"] or found["month2"]).lower()) + 1
        day = int(found["day"] or found["day2"])
        if 1 <= day <= 31:
            return f"{found['year'] or found['year2']}-{month:02}-{day:02}"
    created = re.match(r"D:(\d{4})(\d\d)(\d\d)", metadata.get("creationDate", ""))
    return "-".join(created.groups()) if created and "1980" < created.group(1) < "2100" else ""
