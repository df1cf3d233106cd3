"""Messages: headers, body, quotations apart, attachments as documents of their own; also Outlook's, and mailboxes."""

from __future__ import annotations

import io
import struct
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

import pytest
from PIL import Image

from ragdesk.domain import Document
from ragdesk.engine import Engine
from ragdesk.errors import Unreadable
from ragdesk.ingest.formats import read
from ragdesk.ingest.kinds_of_file import kind_of
from ragdesk.ingest.members import Members
from ragdesk.ingest.packed_rich_text import unpacked
from tests.ingest.ole_file import write_ole


def message(subject: str = "The mill", **headers: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Date"] = (
        "Eva <eva@example.org>",
        "jan@example.org",
        "Mon, 6 May 2024 10:00:00 +0200",
    )
    mail["Subject"] = subject
    for name, value in headers.items():
        mail[name] = value
    return mail


def opened(path: Path, data: bytes, folder: Path) -> tuple[Document, dict[str, bytes]]:
    """The document of a file with these bytes, and what lies in it by name."""
    path.write_bytes(data)
    members = Members(folder, name=path.name)
    document = read(path, members)
    return document, {member.name: Path(member.file).read_bytes() for member in members.found}


def contexts(document: Document) -> dict[str, str]:
    return {document.text[slice(*b.span)]: b.context for b in document.blocks}


def test_attachments_are_named_and_handed_on(tmp_path: Path) -> None:
    mail = message()
    mail.set_content("See what is attached.")
    mail.add_attachment("Ten crowns.", filename="fees.txt")
    mail.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="../../plan.pdf")
    mail.add_attachment(b"\0", maintype="application", subtype="pkcs7-signature", filename="smime.p7s")
    inner = message("The forwarded one")
    inner.set_content("It was sold.")
    mail.add_attachment(inner)
    document, held = opened(tmp_path / "a.eml", mail.as_bytes(), tmp_path / "out")
    assert set(held) == {"fees.txt", "plan.pdf", "The forwarded one.eml"}
    assert held["fees.txt"].strip() == b"Ten crowns."
    assert b"It was sold." in held["The forwarded one.eml"]
    assert "Attachments: fees.txt, plan.pdf, The forwarded one.eml" in document.text
    assert "It was sold." not in document.text
    assert (document.title, document.date, document.warnings) == ("The mill", "2024-05-06", ())


def test_pictures_of_the_letterhead_are_no_attachments(tmp_path: Path) -> None:
    mail = message()
    mail.set_content("Short.")
    mail.add_alternative("<p>Short. <img src='cid:logo'></p>", subtype="html")
    html = mail.get_payload()[1]
    html.add_related(_png(90, 40), maintype="image", subtype="png", cid="<logo>")
    html.add_related(b"\x89PNG", maintype="image", subtype="png", cid="<broken>")
    document, held = opened(tmp_path / "a.eml", mail.as_bytes(), tmp_path / "out")
    assert held == {}
    assert document.text.endswith("Short.")


def test_a_picture_of_a_screen_in_the_body_is_an_attachment(tmp_path: Path) -> None:
    mail = message()
    mail.set_content("<p>Look: <img src='cid:shot'></p>", subtype="html")
    mail.add_related(_png(800, 500), maintype="image", subtype="png", cid="<shot>", filename="shot.png")
    _, held = opened(tmp_path / "a.eml", mail.as_bytes(), tmp_path / "out")
    assert held == {"shot.png": _png(800, 500)}


def _png(width: int, height: int) -> bytes:
    kept = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(kept, "png")
    return kept.getvalue()


def test_html_that_says_more_than_the_plain_text_is_taken(tmp_path: Path) -> None:
    mail = message()
    mail.set_content("Your program cannot show this.")
    rows = "<tr><td>Corrigan</td><td>40</td></tr>" * 20
    mail.add_alternative(f"<table><tr><th>Yard</th><th>Price</th></tr>{rows}</table>", subtype="html")
    document, _ = opened(tmp_path / "a.eml", mail.as_bytes(), tmp_path / "out")
    assert contexts(document)["Corrigan | 40"] == "Yard | Price"


def test_what_is_quoted_stands_apart_with_who_wrote_it(tmp_path: Path) -> None:
    mail = message()
    mail.set_content(
        "I agree to twelve.\nSee below.\n\nOn Fri, 3 May 2024, Jan Novak\n<jan@example.org> wrote:\n"
        "> It costs ten.\n>\n> > It was nine.\n"
        "\nGreetings\n\n-----Original Message-----\n\nThe first of all."
    )
    found = contexts(opened(tmp_path / "a.eml", mail.as_bytes(), tmp_path / "out")[0])
    assert found["I agree to twelve.\nSee below."] == ""
    assert found["It costs ten."] == "Quoted: On Fri, 3 May 2024, Jan Novak <jan@example.org> wrote"
    assert found["It was nine."] == found["It costs ten."]
    assert found["Greetings"] == ""
    assert found["The first of all."] == "Quoted from an earlier message"


def test_headers_above_a_quotation_in_html_head_it(tmp_path: Path) -> None:
    mail = message()
    mail.set_content(
        "<p>Agreed.</p><div><b>From:</b> Jan<br><b>Sent:</b> Friday<br><b>Subject:</b> Price</div><p>It costs ten.</p>",
        subtype="html",
    )
    found = contexts(opened(tmp_path / "a.eml", mail.as_bytes(), tmp_path / "out")[0])
    assert found["Agreed."] == ""
    assert found["It costs ten."] == "Quoted: From: Jan Sent: Friday Subject: Price"


def test_a_mailbox_becomes_its_messages(tmp_path: Path) -> None:
    data = b""
    for subject, body in (("Mill/sale", "It is sold.\n\n>From here on.\n"), ("", "Second."), ("Mill/sale", "Third.")):
        mail = message(subject)
        mail.set_content(body)
        data += b"From eva@example.org Mon May  6 10:00:00 2024\n" + mail.as_bytes() + b"\n"
    document, held = opened(tmp_path / "Inbox", data, tmp_path / "out")
    assert kind_of(tmp_path / "Inbox") == "mbox"
    assert list(held) == [
        "2024-05-06 Mill sale.eml",
        "2024-05-06 without a subject.eml",
        "2024-05-06 Mill sale (2).eml",
    ]
    assert b"\nFrom here on." in held["2024-05-06 Mill sale.eml"]
    assert "2024-05-06 Mill sale.eml" in document.text


def test_a_question_is_answered_from_an_attachment_of_a_message_in_a_mailbox(engine: Engine, tmp_path: Path) -> None:
    mail = message("Fees of the harbour")
    mail.set_content("As asked.")
    mail.add_attachment("Boat,Fee\nSailing boat,nine crowns a night\n", subtype="csv", filename="fees.csv")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "old.mbox").write_bytes(b"From eva Mon May  6 10:00:00 2024\n" + mail.as_bytes())
    engine.add([tmp_path / "in"], words_only=True)
    hit = engine.search("fee of a sailing boat")[0]
    assert hit.path == str(tmp_path / "in/old.mbox/2024-05-06 Fees of the harbour.eml/fees.csv")


def test_a_saved_web_page_is_its_page(tmp_path: Path) -> None:
    mail = message("Owls")
    mail.set_content(
        "<html><head><title>Owls</title></head><body><h1>Owls</h1><p>An owl sat.</p></body></html>", subtype="html"
    )
    (tmp_path / "a.mhtml").write_bytes(mail.as_bytes())
    document = read(tmp_path / "a.mhtml")
    assert (document.text, document.title) == ("Owls\n\nAn owl sat.", "Owls")


def test_rich_text_of_outlook_is_unpacked() -> None:
    # The example of [MS-OXRTFCP] 3.1, and that of 3.2 with a run that overlaps what it writes
    packed = bytes.fromhex(
        "2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af32068656c090020627705b06c647d0a800fa0"
    )
    assert unpacked(packed) == b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"
    packed = bytes.fromhex("1a0000001c0000004c5a4675e2d44b51410004205758595a0d6e7d010eb0")
    assert unpacked(packed) == b"{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}"


@pytest.mark.parametrize("data", [b"", b"\0" * 15, struct.pack("<IIII", 9999, 9999, 0x75465A4C, 0) + b"\xff" * 40])
def test_damaged_rich_text_ends(data: bytes) -> None:
    assert len(unpacked(data)) < 1000


def outlook(path: Path) -> Path:
    """An Outlook message with a file and another message attached."""

    def text(value: str) -> bytes:
        return value.encode("utf-16-le")

    sent = int((datetime(2024, 5, 6, 8, tzinfo=UTC) - datetime(1601, 1, 1, tzinfo=UTC)).total_seconds() * 10_000_000)
    times = struct.pack("<HHIQ", 0x0040, 0x0039, 6, sent)
    attached = "__attach_version1.0_#00000000"
    inner = "__attach_version1.0_#00000001/__substg1.0_3701000D"
    recipient = "__recip_version1.0_#00000000"
    return write_ole(
        path,
        {
            "__properties_version1.0": bytes(32) + times,
            "__substg1.0_0037001F": text("Fees of the harbour"),
            "__substg1.0_0C1A001F": text("Eva Malá"),
            "__substg1.0_0C1F001F": text("eva@example.org"),
            "__substg1.0_1000001F": text("A sailing boat pays nine crowns.\r\n\r\nEva"),
            f"{recipient}/__properties_version1.0": bytes(8) + struct.pack("<HHIQ", 3, 0x0C15, 6, 1),
            f"{recipient}/__substg1.0_3001001F": text("Jan"),
            f"{recipient}/__substg1.0_39FE001F": text("jan@example.org"),
            f"{attached}/__substg1.0_3707001F": text("fees.csv"),
            f"{attached}/__substg1.0_37010102": b"Boat,Fee\nSailing boat,9\n",
            f"{inner}/__substg1.0_0037001F": text("Old fees"),
            f"{inner}/__substg1.0_1000001F": text("It was eight."),
        },
    )


def test_an_outlook_message_is_read_with_what_is_attached(tmp_path: Path) -> None:
    path = outlook(tmp_path / "a.msg")
    document, held = opened(path, path.read_bytes(), tmp_path / "out")
    assert (document.title, document.date, document.format) == ("Fees of the harbour", "2024-05-06", "msg")
    assert "From: Eva Malá <eva@example.org>\nTo: Jan <jan@example.org>" in document.text
    assert "A sailing boat pays nine crowns." in document.text
    assert held["fees.csv"] == b"Boat,Fee\nSailing boat,9\n"
    inner, _ = opened(tmp_path / "inner.eml", held["Old fees.eml"], tmp_path / "more")
    assert (inner.title, inner.text.splitlines()[-1]) == ("Old fees", "It was eight.")


def wrapped(*attributes: tuple[int, int, bytes]) -> bytes:
    """What Outlook wraps: attributes, each with its level, its number and its bytes ([MS-OXTNEF], section 2.1.3)."""
    data = struct.pack("<IH", 0x223E9F78, 1)
    for level, number, value in attributes:
        data += struct.pack("<BII", level, number, len(value)) + value + struct.pack("<H", sum(value) % 65536)
    return data


def test_what_outlook_wraps_for_other_outlooks_is_unwrapped(tmp_path: Path) -> None:
    data = wrapped(
        (1, 0x00069007, struct.pack("<II", 1252, 0)),
        (1, 0x00018004, b"The mill\0"),
        (1, 0x0002800C, b"See what is attached.\0"),
        (2, 0x00069002, bytes(14)),
        (2, 0x00018010, b"fees.txt\0"),
        (2, 0x0006800F, b"Ten crowns."),
    )
    document, held = opened(tmp_path / "winmail.dat", data, tmp_path / "out")
    assert (document.format, document.title) == ("tnef", "The mill")
    assert "See what is attached." in document.text
    assert held == {"fees.txt": b"Ten crowns."}
    (tmp_path / "b.dat").write_bytes(data[:9])
    with pytest.raises(Unreadable):
        read(tmp_path / "b.dat")
