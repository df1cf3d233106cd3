"""Make the two sample documents that are not plain text: crew-handbook.pdf and members-meeting.docx.

    python assets/samples/make.py [FOLDER]

The same bytes come out each time with the same versions of reportlab, python-docx and zlib. The ferry, the places and
the people are invented.
"""

from __future__ import annotations

import io
import sys
import zipfile
from datetime import datetime
from pathlib import Path
from typing import Any

TITLE = "Crew Handbook"
COMPANY = "Harrow Reach Ferry Society"

# One list per page: ("heading", text), ("text", text), ("lines", [line, ...]) set as they are, ("table", rows)
PAGES: list[list[tuple[str, Any]]] = [
    [
        ("title", TITLE),
        ("text", "Seventh edition, 4 March 2024. This edition replaces the sixth, of May 2019."),
        ("heading", "1 The crossing"),
        (
            "text",
            "The ferry crosses the River Marl between Little Averley on the west bank and Sallow Quay on the east "
            "bank. The crossing is 312 metres long and takes six minutes at normal water. The boat runs along two "
            "steel chains that lie on the river bed; its engine pulls it along one of them and the other holds it "
            "against the stream.",
        ),
        (
            "text",
            "Ships on the river have right of way. A boat with its chains raised blocks the channel, so the ferry "
            "starts only when nothing is under way within 800 metres upstream or 600 metres downstream.",
        ),
        ("heading", "2 Who is on board"),
        (
            "text",
            "Every crossing has a helm and a deckhand. The helm holds the Society's own chain-ferry certificate, "
            "which is renewed every three years by a day's examination with the harbour master. The deckhand "
            "closes the ramp, counts the passengers and is the only person who may give the sign to start.",
        ),
    ],
    [
        ("heading", "3 The boats"),
        (
            "text",
            "The Society owns two boats. The Marigold carries the service. The Old Teasel, built in 1961, stands "
            "in when the Marigold is on the slipway, and carries no vehicles.",
        ),
        (
            "table",
            [
                ["", "Marigold", "Old Teasel"],
                ["Built", "1998", "1961"],
                ["Length", "21.4 m", "13.0 m"],
                ["Passengers", "70", "35"],
                ["Cars", "6", "none"],
                ["Greatest load", "18 tonnes", "3 tonnes"],
                ["Engine", "electric, 55 kW", "diesel, 28 kW"],
                ["Life jackets", "90", "50"],
            ],
        ),
        ("heading", "3.1 Loading"),
        (
            "text",
            "Cars stand in two rows of three, with handbrakes on and engines off. The heaviest vehicle goes to "
            "the middle. Nothing longer than 7.5 metres is taken. Bicycles are walked on board and stand along "
            "the upstream rail.",
        ),
        ("heading", "3.2 Charging"),
        (
            "text",
            "The Marigold's batteries are charged at Little Averley every night and between 12:40 and 13:20. One "
            "full charge lasts for 46 crossings. When the gauge shows less than 15 per cent the boat returns to "
            "Little Averley and stays there until it shows at least 40 per cent.",
        ),
    ],
    [
        ("heading", "4 When the ferry does not run"),
        ("heading", "4.1 Wind"),
        (
            "text",
            "The ferry stops running when gusts reach 17 metres per second at the mast on Sallow Quay. It starts "
            "again when no gust above 14 metres per second has been seen for twenty minutes.",
        ),
        ("heading", "4.2 Water"),
        (
            "text",
            "High water stops the ferry at 4.10 metres on the gauge of Averley Bridge, because the ramps can then "
            "no longer be closed. Low water stops it at 0.65 metres.",
        ),
        ("heading", "4.3 Fog"),
        ("lines", [
            "In fog the helm must see the far landing stage before the boat starts. Where the",
            "lamp on the opposite bank cannot be made out, the crossing is cancelled. Pass-",
            "engers who are waiting are told so at once, and the deckhand writes the cancel-",
            "lation with its time in the log book. During fog the bell is rung once every thirty",
            "seconds while the boat is moving.",
        ]),
        ("heading", "4.4 Ice"),
        (
            "text",
            "Drifting ice stops the ferry at once: a floe under the chain can lift it from its guide wheels. The "
            "helm of the first crossing looks at the river from the bridge before the batteries are unplugged.",
        ),
    ],
    [
        ("heading", "5 Emergencies"),
        ("heading", "5.1 Somebody in the water"),
        (
            "text",
            "The deckhand throws the ring and points; the helm stops the engine and sounds three long blasts. The "
            "rescue boat at Sallow Quay is manned from 06:00 to 21:00 and answers on channel 11.",
        ),
        ("heading", "5.2 A broken chain"),
        (
            "text",
            "If the pulling chain breaks, the boat hangs on the holding chain and swings no more than 25 metres "
            "downstream. The helm drops the stern anchor, lights both red lamps and calls the harbour master. "
            "Passengers stay seated and put on life jackets. Nobody touches a chain under load.",
        ),
        ("heading", "6 Upkeep"),
        (
            "text",
            "The guide wheels are greased every Monday. The chains are measured each October: a link that has "
            "lost a tenth of its thickness condemns the whole chain. The hull is painted every second year on the "
            "slipway at Netherhaven.",
        ),
        ("text", "Questions about this handbook go to the mate, Ottilie Brandreth."),
    ],
]  # fmt: skip


def make_pdf(path: Path) -> None:
    """The handbook: a running header and a page number on every page, numbered headings, a table, a hyphenated "
    "text."""
    from reportlab.lib.pagesizes import A4
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.platypus import PageBreak, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

    text = ParagraphStyle("text", fontName="Helvetica", fontSize=11, leading=15, spaceAfter=9)
    heading = ParagraphStyle("heading", parent=text, fontName="Helvetica-Bold", fontSize=13, leading=17, spaceBefore=8)
    title = ParagraphStyle("title", parent=heading, fontSize=22, leading=28, spaceAfter=14)
    grid = TableStyle(
        [
            ("GRID", (0, 0), (-1, -1), 0.5, "#888888"),
            ("FONT", (0, 0), (-1, -1), "Helvetica", 10),
            ("FONT", (0, 0), (-1, 0), "Helvetica-Bold", 10),
        ]
    )
    styles = {"title": title, "heading": heading, "text": text}
    story: list[Any] = []
    for page in PAGES:
        for kind, content in page:
            if kind == "table":
                story += [Table(content, colWidths=[110, 130, 130], style=grid, hAlign="LEFT"), Spacer(1, 12)]
            elif kind == "lines":
                story.append(Paragraph("<br/>".join(content), text))
            else:
                story.append(Paragraph(content, styles[kind]))
        story.append(PageBreak())

    def header_and_number(canvas: Any, document: Any) -> None:
        canvas.setFont("Helvetica", 9)
        canvas.drawString(72, 800, f"{COMPANY} · {TITLE}")
        canvas.drawCentredString(A4[0] / 2, 36, f"{document.page}")

    # invariant: no dates or random identifiers; pageCompression: not every zlib packs alike
    made = SimpleDocTemplate(
        str(path), pagesize=A4, title=f"{COMPANY}: {TITLE}", author=COMPANY, invariant=1, pageCompression=0
    )
    made.build(story[:-1], onFirstPage=header_and_number, onLaterPages=header_and_number)


def make_docx(path: Path) -> None:
    """The minutes: headings, a numbered list, a table."""
    import docx

    document = docx.Document()
    document.add_heading("Minutes of the Members' Meeting", level=0)
    document.add_paragraph(
        "Harrow Reach Ferry Society, in the schoolhouse of Sallow Quay, Saturday 12 October 2024, 14:00 to 16:35. "
        "In the chair: Ansel Whitcombe. Minutes: Priya Lindqvist. Of 418 members 97 were present."
    )
    document.add_heading("1 The year", level=1)
    document.add_paragraph(
        "The chair reported 9,214 crossings and 131,870 passengers between October 2023 and September 2024. The "
        "ferry lay still on 23 days: fourteen because of high water, six because of wind, three for repairs."
    )
    document.add_heading("2 The new chains", level=1)
    document.add_paragraph(
        "The October measurement found links of the pulling chain worn by twelve per cent. Three yards had made "
        "an offer."
    )
    rows = [
        ("Yard", "Price", "Delivery"),
        ("Netherhaven Slip & Chain", "€ 61,300", "9 weeks"),
        ("Corrigan Brothers", "€ 54,750", "14 weeks"),
        ("Ostrava Řetězy", "€ 49,900", "22 weeks"),
    ]
    table = document.add_table(rows=0, cols=3)
    table.style = "Table Grid"
    for row in rows:
        for cell, text in zip(table.add_row().cells, row, strict=True):
            cell.text = text
    document.add_paragraph(
        "After discussion the members gave the order for both chains to Corrigan Brothers, with 71 votes to 19 "
        "and seven abstentions. The cheapest offer was declined because it would have come after the spring "
        "floods."
    )
    document.add_heading("3 Decisions", level=1)
    for decision in (
        "The members' contribution stays at 40 euros a year.",
        "Children under twelve travel free from 1 January 2025.",
        "A second charging post is built at Sallow Quay if the county pays at least half of it.",
        "Bartholomew Quince is elected treasurer; he follows Hedda Marsh, who has kept the books for 16 years.",
    ):
        document.add_paragraph(decision, style="List Number")
    document.add_heading("4 Next meeting", level=1)
    document.add_paragraph("The members meet again on Saturday 11 October 2025, in Little Averley.")

    properties = document.core_properties
    properties.title = "Minutes of the Members' Meeting, 12 October 2024"
    properties.author = properties.last_modified_by = "Priya Lindqvist"
    properties.comments = ""
    properties.created = properties.modified = datetime(2024, 10, 14, 9, 0, 0)
    properties.revision = 1
    made = io.BytesIO()
    document.save(made)
    with zipfile.ZipFile(made) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():  # the same date on every part
            part = zipfile.ZipInfo(name, (2024, 10, 14, 9, 0, 0))
            target.writestr(part, source.read(name), zipfile.ZIP_DEFLATED)


def main(folder: Path) -> None:
    make_pdf(folder / "crew-handbook.pdf")
    make_docx(folder / "members-meeting.docx")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent)
