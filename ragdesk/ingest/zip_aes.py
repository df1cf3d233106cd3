"""A file in a zip archive that is encrypted by AES in, its bytes out: as WinZip, 7-Zip, WinRAR and macOS tools write it.

Source: "AES Encryption Information: Encryption Specification AE-1 and AE-2" (WinZip, 2009). The key comes from the password
by PBKDF2 with HMAC-SHA1; AES counts its blocks from 1, the lowest byte first; ten bytes of HMAC-SHA1 end the file.
"""

from __future__ import annotations

import bz2
import hashlib
import hmac
import io
import struct
import zipfile
import zlib
from typing import IO, Any, Protocol

METHOD = 99
"""The way of packing that stands for AES; how a file is really packed is said in a field of its entry."""

_FIELD = 0x9901
_ITERATIONS = 1000
_SUM_BYTES = 10
_SALT_AND_KEY_BYTES = {1: (8, 16), 2: (12, 24), 3: (16, 32)}
_BLOCK = 1 << 16
_LOCAL_HEAD = 30


class WrongPassword(Exception):
    """The password is not the one the file was encrypted with."""


class _Unpacks(Protocol):
    def decompress(self, data: bytes, /) -> bytes: ...


def open_encrypted(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, password: bytes) -> IO[bytes]:
    """The unpacked bytes of an encrypted entry, as a stream. Raises `WrongPassword`; `NotImplementedError` for other ways.

    One in 65,536 wrong passwords is taken; then reading to the end raises `zipfile.BadZipFile`.
    """
    strength, method = _field(entry)
    salt_bytes, key_bytes = _SALT_AND_KEY_BYTES[strength]
    file = archive.fp
    assert file is not None
    file.seek(entry.header_offset)
    head = file.read(_LOCAL_HEAD)
    name_bytes, extra_bytes = struct.unpack("<HH", head[26:30])
    start = entry.header_offset + _LOCAL_HEAD + name_bytes + extra_bytes
    file.seek(start)
    salt, check = file.read(salt_bytes), file.read(2)
    keys = hashlib.pbkdf2_hmac("sha1", password, salt, _ITERATIONS, 2 * key_bytes + 2)
    if keys[-2:] != check:
        raise WrongPassword
    left = entry.compress_size - salt_bytes - 2 - _SUM_BYTES
    if left < 0:
        raise zipfile.BadZipFile("an encrypted file is too short")
    decrypting = _Decrypting(file, file.tell(), left, keys[:key_bytes], keys[key_bytes : 2 * key_bytes])
    return io.BufferedReader(_Unpacking(decrypting, _unpacker(method)), _BLOCK)


def _field(entry: zipfile.ZipInfo) -> tuple[int, int]:
    """How strong the encryption of an entry is (1 to 3), and how it is packed."""
    extra = entry.extra
    while len(extra) >= 4:
        kind, size = struct.unpack("<HH", extra[:4])
        if kind == _FIELD and size >= 7:
            strength, method = struct.unpack("<BH", extra[8:11])
            if strength in _SALT_AND_KEY_BYTES:
                return strength, method
        extra = extra[4 + size :]
    raise NotImplementedError("encrypted in another way")


def _unpacker(method: int) -> _Unpacks | None:
    if method == zipfile.ZIP_STORED:
        return None
    if method == zipfile.ZIP_DEFLATED:
        return zlib.decompressobj(-15)
    if method == zipfile.ZIP_BZIP2:
        return bz2.BZ2Decompressor()
    raise NotImplementedError(f"packed in way {method}")


class _Decrypting:
    """The decrypted bytes, block by block; at the end the sum is checked."""

    def __init__(self, file: IO[bytes], place: int, left: int, key: bytes, sum_key: bytes) -> None:
        from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

        self._file, self._place, self._left = file, place, left
        self._encryptor = Cipher(algorithms.AES(key), modes.ECB()).encryptor()  # of the counter, so the mode is CTR
        self._sum = hmac.new(sum_key, digestmod="sha1")
        self._counted = 0

    def next(self) -> bytes:
        import numpy as np

        self._file.seek(self._place)  # other entries are read between
        if not self._left:
            if not hmac.compare_digest(self._file.read(_SUM_BYTES), self._sum.digest()[:_SUM_BYTES]):
                raise zipfile.BadZipFile("the sum of an encrypted file is another")
            return b""
        data = self._file.read(min(_BLOCK, self._left))
        if not data:
            raise EOFError
        self._place += len(data)
        self._left -= len(data)
        self._sum.update(data)
        blocks = -(-len(data) // 16)
        counters = np.zeros((blocks, 2), "<u8")
        counters[:, 0] = np.arange(self._counted + 1, self._counted + blocks + 1)
        self._counted += blocks
        stream = np.frombuffer(self._encryptor.update(counters.tobytes()), np.uint8)[: len(data)]
        return (np.frombuffer(data, np.uint8) ^ stream).tobytes()


class _Unpacking(io.RawIOBase):
    """The unpacked bytes of a packed and encrypted file."""

    def __init__(self, source: _Decrypting, unpacker: Any) -> None:
        self._source, self._unpacker = source, unpacker
        self._held = b""
        self._over = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        size = len(buffer)
        while not self._held and not self._over:
            self._held = self._more(size)
        given = self._held[:size]
        self._held = self._held[size:]
        buffer[: len(given)] = given
        return len(given)

    def _more(self, size: int) -> bytes:
        packed = getattr(self._unpacker, "unconsumed_tail", b"") or self._source.next()
        if not packed:
            self._over = True
            return b""
        if self._unpacker is None:
            return packed
        if isinstance(self._unpacker, bz2.BZ2Decompressor):
            return b"" if self._unpacker.eof else self._unpacker.decompress(packed)
        unpacked: bytes = self._unpacker.decompress(packed, size)  # no more at once, whatever a bomb holds
        return unpacked
