"""Writes the compound files that old Office programs keep their parts in ([MS-CFB]), as small as they can be."""

from __future__ import annotations

import itertools
import struct
from pathlib import Path

_SECTOR = 512
_SMALL = 4096
"""Smaller streams lie in the root's own stream, in sectors of 64 bytes."""

_FREE, _END, _FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD


def write_ole(path: Path, streams: dict[str, bytes]) -> Path:
    """Write streams, named with `/` between the storages they lie in."""
    entries: list[tuple[str, int, list[int], bytes]] = [("Root Entry", 5, [], b"")]
    by_path = {"": 0}
    for name, data in streams.items():
        above = ""
        parts = name.split("/")
        for depth, part in enumerate(parts):
            here = "/".join(parts[: depth + 1])
            if here not in by_path:
                by_path[here] = len(entries)
                leaf = depth == len(parts) - 1
                entries.append((part, 2 if leaf else 1, [], data if leaf else b""))
                entries[by_path[above]][2].append(by_path[here])
            above = here
    sectors: list[bytes] = []
    chain: list[int] = []

    def put(data: bytes) -> int:
        if not data:
            return _END
        first = len(sectors)
        for at in range(0, len(data), _SECTOR):
            sectors.append(data[at : at + _SECTOR].ljust(_SECTOR, b"\0"))
            chain.append(len(sectors))
        chain[-1] = _END
        return first

    small, small_chain = b"", list[int]()
    places = []
    for _, _, _, data in entries:
        if len(data) >= _SMALL:
            places.append(put(data))
            continue
        places.append(len(small_chain) if data else _END)
        small += data.ljust(-(-len(data) // 64) * 64, b"\0")
        small_chain += range(len(small_chain) + 1, len(small) // 64 + 1)
        if data:
            small_chain[-1] = _END
    entries[0] = (*entries[0][:3], small)
    places[0] = put(small)
    small_table = put(struct.pack(f"<{len(small_chain)}I", *small_chain))
    small_sectors = -(-len(small_chain) * 4 // _SECTOR)
    # Siblings are a list of right neighbours: a tree, though not a balanced one
    right = [_FREE] * len(entries)
    for _, _, children, _ in entries:
        ordered = sorted(children, key=lambda i: (len(entries[i][0]), entries[i][0].upper()))
        for one, other in itertools.pairwise(ordered):
            right[one] = other
    directory = b""
    for number, (name, kind, children, data) in enumerate(entries):
        ordered = sorted(children, key=lambda i: (len(entries[i][0]), entries[i][0].upper()))
        encoded = name.encode("utf-16-le") + b"\0\0"
        directory += encoded.ljust(64, b"\0") + struct.pack("<HBB", len(encoded), kind, 1)
        directory += struct.pack("<III", _FREE, right[number], ordered[0] if ordered else _FREE)
        directory += bytes(36) + struct.pack("<IQ", places[number], len(data))
    first_of_directory = put(directory.ljust(-(-len(directory) // _SECTOR) * _SECTOR, b"\0"))
    count = 1
    while (len(sectors) + count) * 4 > count * _SECTOR:
        count += 1
    table = [*chain, *[_FAT] * count]
    first_of_table = len(sectors)
    sectors.append(struct.pack(f"<{len(table)}I", *table).ljust(count * _SECTOR, b"\xff"))
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    head += struct.pack("<IIIII", 0, count, first_of_directory, 0, _SMALL)
    head += struct.pack("<IIIII", small_table, small_sectors, _END, 0, first_of_table)
    head += b"".join(struct.pack("<I", first_of_table + i if i < count else _FREE) for i in range(1, 109))
    path.write_bytes(head.ljust(_SECTOR, b"\xff") + b"".join(sectors))
    return path
