"""What is wrapped in a digital signature is read as what it is: files as members, messages as messages."""

from __future__ import annotations

import base64
import datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from cryptography.x509.oid import NameOID

from ragdesk.errors import Unreadable
from ragdesk.ingest.formats import read
from ragdesk.ingest.kinds_of_file import kind_of
from ragdesk.ingest.members import Members
from ragdesk.ingest.signed import signed_content

SAID = b"The harbour opens at six."


def signed(content: bytes, *options: pkcs7.PKCS7Options) -> bytes:
    """The content signed by somebody, as DER."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Harbour office")])
    day = datetime.datetime(2024, 5, 31)
    builder = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
    )
    certificate = builder.not_valid_before(day).not_valid_after(day + datetime.timedelta(365)).sign(key, SHA256())
    signature = pkcs7.PKCS7SignatureBuilder().set_data(content).add_signer(certificate, key, SHA256())
    return signature.sign(Encoding.DER, [pkcs7.PKCS7Options.Binary, *options])


def in_pieces(content: bytes) -> bytes:
    """The same as programs write that do not know its length yet: without lengths, the content in two pieces."""
    half = len(content) // 2
    pieces = b"".join(bytes([0x04, len(piece)]) + piece for piece in (content[:half], content[half:]))
    data = b"\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01\xa0\x80\x24\x80" + pieces + bytes(6)
    signed_data = b"\x30\x80\x02\x01\x01\x31\x00" + data + b"\x31\x00" + bytes(2)
    return b"\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02\xa0\x80" + signed_data + bytes(4)


@pytest.mark.parametrize("wrap", [signed, in_pieces, lambda content: base64.encodebytes(signed(content))])
def test_a_signed_file_holds_the_file_that_was_signed(tmp_path: Path, wrap: object) -> None:
    assert callable(wrap)
    (tmp_path / "notice.txt.p7m").write_bytes(wrap(SAID))
    members = Members(tmp_path / "out", name="notice.txt.p7m")
    assert read(tmp_path / "notice.txt.p7m", members).format == "signed"
    (member,) = members.found
    assert (member.name, Path(member.file).read_bytes()) == ("notice.txt", SAID)


def test_a_message_inside_a_signature_is_read_as_the_message(tmp_path: Path) -> None:
    body = b"Content-Type: text/plain; charset=utf-8\r\n\r\n" + SAID
    head = (
        b"From: a@harbour.example\r\nSubject: Opening\r\nContent-Type: application/pkcs7-mime; smime-type=signed-data;"
    )
    head += b' name="smime.p7m"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
    (tmp_path / "a.eml").write_bytes(head + base64.encodebytes(signed(body)))
    members = Members(tmp_path / "out", name="a.eml")
    document = read(tmp_path / "a.eml", members)
    assert document.title == "Opening" and SAID.decode() in document.text
    assert members.found == []


def test_a_signature_by_itself_and_a_damaged_one_are_told(tmp_path: Path) -> None:
    (tmp_path / "a.p7s").write_bytes(signed(SAID, pkcs7.PKCS7Options.DetachedSignature))
    with pytest.raises(Unreadable, match="only a signature") as caught:
        read(tmp_path / "a.p7s", Members())
    assert caught.value.skipped
    (tmp_path / "b.p7m").write_bytes(signed(SAID)[:60])
    assert kind_of(tmp_path / "b.p7m") == "signed"
    with pytest.raises(Unreadable, match="damaged"):
        read(tmp_path / "b.p7m", Members())
    nested = b"\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02" + b"\xa0\x80" * 100_000
    with pytest.raises(Unreadable, match="damaged"):
        signed_content(nested)
