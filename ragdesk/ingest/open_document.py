"""OpenDocument files that a password protects: the manifest and a password in, the parts out, in memory only.

Sources: OpenDocument 1.2, part 3, 3.4 and 4.8 (each part encrypted alone: AES-CBC, before it Blowfish), and LibreOffice 24.8
and OpenDocument 1.4 (the whole package encrypted as one part: Argon2id, AES-GCM). What is encrypted was packed before.
"""

from __future__ import annotations

import base64
import hashlib
import io
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ragdesk.errors import Harmful, Unreadable
from ragdesk.ingest.limits import allowance
from ragdesk.ingest.protection import UNKNOWN_PROTECTION, unlock

PACKAGE = "encrypted-package"
"""The part that holds the whole document where it is encrypted as one."""

_MANIFEST = "META-INF/manifest.xml"
_MOST_MANIFEST = 4 << 20
_DAMAGED = ("It is damaged: it cannot be unpacked", "Open it in its own program and save it again")
_MOST_BYTES = 200 << 20
_CHECKED = 1024
_MOST_ITERATIONS = 10_000_000
_MOST_MEMORY_KB = 1 << 20
_NUMBER_BYTES = 12
"""What AES-GCM begins with stands before the data."""


@dataclass(frozen=True, slots=True)
class Lock:
    """How a part is encrypted; `numbers` are what its key is derived with."""

    cipher: str
    first: bytes
    start_hash: str
    derived_by: str
    key_bytes: int
    salt: bytes
    numbers: Mapping[str, int]
    checksum: bytes
    checksum_hash: str

    def open(self, data: bytes, password: str) -> bytes | None:
        """The part, still packed; None where the password is another."""
        plain = self._decrypted(data, self._key(password))
        if plain is None or not self.checksum:
            return plain
        head = plain[:_CHECKED]
        return plain if hashlib.new(self.checksum_hash, head).digest() == self.checksum else None

    def _key(self, password: str) -> bytes:
        start = hashlib.new(self.start_hash, password.encode()).digest()
        if "argon2id" in self.derived_by:
            from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

            iterations, memory, lanes = (self.numbers[name] for name in ("iterations", "memory", "lanes"))
            deriving = Argon2id(
                salt=self.salt, length=self.key_bytes, iterations=iterations, lanes=lanes, memory_cost=memory
            )
            return bytes(deriving.derive(start))
        return hashlib.pbkdf2_hmac("sha1", start, self.salt, self.numbers["iterations"], self.key_bytes)

    def _decrypted(self, data: bytes, key: bytes) -> bytes | None:
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers import Cipher, modes
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM
        from cryptography.hazmat.primitives.ciphers.algorithms import AES

        if "gcm" in self.cipher:
            try:
                return AESGCM(key).decrypt(data[:_NUMBER_BYTES], data[_NUMBER_BYTES:], None)
            except InvalidTag:
                return None
        if "blowfish" in self.cipher:
            return _blowfish(data, key, self.first)
        decryptor = Cipher(AES(key), modes.CBC(self.first)).decryptor()
        plain = decryptor.update(data[: len(data) // 16 * 16]) + decryptor.finalize()
        return plain[: len(plain) - plain[-1]] if plain and 1 <= plain[-1] <= 16 else None


def locks_of(archive: zipfile.ZipFile) -> dict[str, Lock]:
    """How the parts of an OpenDocument file are encrypted, by name; empty where they are not.

    Raises `Unreadable` where they are encrypted in a way that is not read.
    """
    if _MANIFEST not in archive.namelist():
        return {}
    with archive.open(_MANIFEST) as stream:
        manifest = stream.read(_MOST_MANIFEST)
    if b"encryption-data" not in manifest:
        return {}
    from ragdesk.ingest.archive import parse_xml

    try:
        return {
            _attributes(entry)["full-path"]: _lock(entry)
            for entry in parse_xml(manifest)
            if any(part.tag.endswith("}encryption-data") for part in entry)
        }
    except (KeyError, ValueError, TypeError) as error:
        raise Unreadable(*UNKNOWN_PROTECTION) from error


def password_for(archive: zipfile.ZipFile, locks: Mapping[str, Lock]) -> str:
    """The one of the passwords given that opens the file. Raises `Locked` where none does."""
    held = [archive.getinfo(name) for name in locks if name in archive.namelist()]
    if not held:
        raise Unreadable(*_DAMAGED)
    smallest = min(held, key=lambda entry: entry.file_size)
    data = archive.read(smallest)
    right: list[str] = []

    def opens(password: str) -> bool:
        if password and locks[smallest.filename].open(data, password) is not None:
            right.append(password)
        return bool(right)

    unlock(opens)
    return right[0]


def unlocked(path: Path) -> io.BytesIO | None:
    """The document without its password, as a zip file; None where it has none. Made once for a file.

    Raises `Locked` where none of the passwords given opens it, and `Unreadable` where it is damaged or far too large.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            locks = locks_of(archive)
            if not locks:
                return None
            password = password_for(archive, locks)
            if PACKAGE in locks:
                plain = _unlocked(archive, PACKAGE, locks[PACKAGE], password)
            else:
                plain = _rewritten(archive, locks, password)
    except (zipfile.BadZipFile, zlib.error, KeyError, EOFError, NotImplementedError, OSError) as error:
        raise Unreadable(*_DAMAGED) from error
    allowance().packages[path] = plain
    return io.BytesIO(plain)


def _rewritten(archive: zipfile.ZipFile, locks: Mapping[str, Lock], password: str) -> bytes:
    """The same parts, none of them locked."""
    file, total = io.BytesIO(), 0
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as plain:
        for name in dict.fromkeys(archive.namelist()):
            if name == _MANIFEST or archive.getinfo(name).is_dir():
                continue
            if name in locks:
                data = _unlocked(archive, name, locks[name], password)
            else:
                with archive.open(name) as stream:
                    data = stream.read(_MOST_BYTES)
            total += len(data)
            if total >= _MOST_BYTES:
                raise Harmful("It unpacks to far more than a document holds", "It may be harmful")
            plain.writestr(name, data)
    return file.getvalue()


def _unlocked(archive: zipfile.ZipFile, name: str, lock: Lock, password: str) -> bytes:
    """A part unpacked; as it is where it is a package, which some do not pack again."""
    data = lock.open(archive.read(name), password)
    if data is None:
        raise zipfile.BadZipFile(f"{name} has another sum")
    return data if data.startswith(b"PK\x03\x04") else zlib.decompressobj(-15).decompress(data, _MOST_BYTES)


def _lock(entry: Any) -> Lock:
    found = {part.tag.rpartition("}")[2]: _attributes(part) for part in entry.iter()}
    cipher, derived = found["algorithm"], found["key-derivation"]
    start = found.get("start-key-generation", {})
    name = cipher["algorithm-name"].lower()
    if not any(known in name for known in ("aes128-cbc", "aes192-cbc", "aes256-cbc", "aes256-gcm", "blowfish")):
        raise ValueError(name)
    numbers = {
        short: int(derived[long])
        for short, long in (
            ("iterations", "argon2-iterations" if "argon2-iterations" in derived else "iteration-count"),
            ("memory", "argon2-memory"),
            ("lanes", "argon2-lanes"),
        )
        if long in derived
    }
    if numbers["iterations"] > _MOST_ITERATIONS or numbers.get("memory", 0) > _MOST_MEMORY_KB:
        raise ValueError("a key that takes too much to derive")
    checksum = found["encryption-data"].get("checksum-type", "").lower()
    return Lock(
        cipher=name,
        first=base64.b64decode(cipher["initialisation-vector"]),
        start_hash="sha256" if "sha256" in start.get("start-key-generation-name", "") else "sha1",
        derived_by=derived["key-derivation-name"].lower(),
        key_bytes=int(derived.get("key-size", 16)),
        salt=base64.b64decode(derived["salt"]),
        numbers=numbers,
        checksum=base64.b64decode(found["encryption-data"].get("checksum", "")),
        checksum_hash="sha256" if "sha256" in checksum else "sha1",
    )


def _attributes(element: Any) -> dict[str, str]:
    return {name.rpartition("}")[2]: value for name, value in element.attrib.items()}


def _blowfish(data: bytes, key: bytes, first: bytes) -> bytes:
    """Blowfish in 64-bit cipher feedback, as programs before OpenDocument 1.2 encrypt."""
    from cryptography.hazmat.decrepit.ciphers.algorithms import Blowfish
    from cryptography.hazmat.primitives.ciphers import Cipher, modes

    encryptor = Cipher(Blowfish(key), modes.ECB()).encryptor()
    stream = encryptor.update(first + data[: (len(data) - 1) // 8 * 8])  # each block hides the one after it
    return bytes(a ^ b for a, b in zip(data, stream, strict=False))
