"""The head of a GGUF file in, what it says of itself out: enough to refuse a bad file and to reckon its memory.

Layout: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md. The vocabulary, which follows the facts read here
and is long, is left alone; only `check_gguf_whole` reads past it. A large model may come in pieces called
NAME-00001-of-00003.gguf and so on, of which the first stands for all.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from ragdesk.errors import Unavailable

_SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_STRING, _ARRAY = 8, 9
_POOLING = {1: "mean", 2: "cls", 3: "last"}
_LONGEST = 1 << 24
_MB = 1 << 20
_PIECE = re.compile(r"(?P<name>.+)-(?P<number>\d{5})-of-(?P<count>\d{5})\.gguf", re.IGNORECASE)
_TYPES = {
    **{0: (1, 4), 1: (1, 2), 2: (32, 18), 3: (32, 20), 6: (32, 22), 7: (32, 24), 8: (32, 34), 9: (32, 40)},
    **{10: (256, 84), 11: (256, 110), 12: (256, 144), 13: (256, 176), 14: (256, 210), 15: (256, 292)},
    **{16: (256, 66), 17: (256, 74), 18: (256, 98), 19: (256, 50), 20: (32, 18), 21: (256, 110), 22: (256, 82)},
    **{23: (256, 136), 24: (1, 1), 25: (1, 2), 26: (1, 4), 27: (1, 8), 28: (1, 8), 29: (256, 56), 30: (1, 2)},
    **{34: (256, 54), 35: (256, 66), 39: (32, 17), 40: (64, 36), 41: (128, 18)},
}
"""Weights in a block and bytes of a block, by the number of a tensor's type (ggml.h)."""


def piece_names(name: str) -> tuple[str, ...]:
    """The names of all pieces of a model whose file, or one of whose pieces, is called so; the name alone where it is whole."""
    found = _PIECE.fullmatch(name)
    if found is None:
        return (name,)
    return tuple(f"{found['name']}-{n:05}-of-{found['count']}.gguf" for n in range(1, int(found["count"]) + 1))


def pieces_of(path: Path) -> tuple[Path, ...]:
    """All files that a model in this file consists of, the first one first, whether they are there or not."""
    return tuple(path.with_name(name) for name in piece_names(path.name))


def gguf_name(path: Path) -> str:
    """What a model in this file is called: the file's name without its ending and the number of its piece."""
    found = _PIECE.fullmatch(path.name)
    return found["name"] if found is not None else path.stem


def memory_bytes(size_bytes: int, kv_bytes_per_token: int, context_tokens: int) -> int:
    """Memory to run a model on the processor with an f16 context: the mapped file, its repacked part, KV and buffers.

    The repacked part is at most 0.7 of the file (measured on Q4_K_M files of 0.6, 1.7 and 4 billion weights).
    """
    return int(1.7 * size_bytes) + kv_bytes_per_token * context_tokens + 50 * _MB


@dataclass(frozen=True, slots=True)
class GgufHead:
    """What the file says: its name, the context it was trained with (0 where unknown), its layers and its KV size.

    `width` is the length of its vectors; `pooling` how an embedding model pools them ("mean", "cls", "last"), empty in
    a language model. `size_bytes` counts all pieces.
    """

    name: str
    context_tokens: int
    layers: int
    kv_bytes_per_token: int
    size_bytes: int
    width: int = 0
    pooling: str = ""
    architecture: str = ""

    def memory_bytes(self, context_tokens: int) -> int:
        """Memory to run it on the processor."""
        return memory_bytes(self.size_bytes, self.kv_bytes_per_token, context_tokens)


def read_gguf_head(path: Path) -> GgufHead:
    """Read the head of a GGUF file. Raises `Unavailable` where it is missing, empty, not GGUF or cut off, or lacks a piece."""
    hint = "Choose another model, or download it again"
    pieces = pieces_of(path)
    if missing := [piece.name for piece in pieces if len(pieces) > 1 and not piece.is_file()]:
        raise Unavailable(
            f"The language model {gguf_name(path)} is in {len(pieces)} pieces, of which {missing[0]} is not there",
            f"All pieces must lie in one folder: {path.parent}",
        )
    path = pieces[0]
    try:
        size_bytes = sum(piece.stat().st_size for piece in pieces)
        with open(path, "rb") as stream:
            facts = _read_facts(stream)
    except FileNotFoundError:
        raise Unavailable(f"The language model {path} is not there", hint) from None
    except OSError as error:
        raise Unavailable(f"The language model {path} cannot be read ({error.strerror})", hint) from error
    except (struct.error, ValueError, MemoryError) as error:
        raise Unavailable(f"The language model {path} is damaged or incomplete", hint) from error
    if facts is None:
        what = "is empty" if size_bytes == 0 else "is not a GGUF file"
        raise Unavailable(f"The language model {path} {what}", hint)
    return _head(facts, size_bytes)


def _head(facts: dict[str, Any], size_bytes: int) -> GgufHead:
    kind = facts.get("general.architecture", "")

    def number(name: str, default: int = 0) -> int:
        value = facts.get(f"{kind}.{name}", default)
        return int(value) if isinstance(value, int | float) else default

    layers = number("block_count")
    heads = number("attention.head_count", 1) or 1
    head_size = number("embedding_length") // heads
    kv_heads = facts.get(f"{kind}.attention.head_count_kv", heads)
    kv_heads_of_all_layers = sum(kv_heads) if isinstance(kv_heads, list) else int(kv_heads) * layers
    widths = number("attention.key_length", head_size) + number("attention.value_length", head_size)
    return GgufHead(
        name=str(facts.get("general.name", "")),
        context_tokens=number("context_length"),
        layers=layers,
        kv_bytes_per_token=kv_heads_of_all_layers * widths * 2,
        size_bytes=size_bytes,
        width=number("embedding_length"),
        pooling=_POOLING.get(number("pooling_type"), ""),
        architecture=str(kind),
    )


def check_gguf_whole(path: Path) -> None:
    """Look whether every tensor that a GGUF file announces is in it. Raises `Unavailable` where the file ends before.

    Reads past the vocabulary, which takes up to some seconds for a large one.
    """
    try:
        with open(path, "rb") as stream:
            end = _end_of_tensors(stream)
            size_bytes = stream.seek(0, 2)
    except (OSError, struct.error, ValueError, MemoryError) as error:
        raise Unavailable(f"{path.name} is damaged or incomplete", "Get the file again") from error
    if size_bytes < end:
        raise Unavailable(f"{path.name} is incomplete: {size_bytes:,} of {end:,} bytes are there", "Get the file again")


def _end_of_tensors(stream: BinaryIO) -> int:
    """How long the file must be at least."""
    if stream.read(4) != b"GGUF":
        raise ValueError("not a GGUF file")
    _version, tensors, count = _unpack(stream, "IQQ")
    alignment = 32
    for _ in range(count):
        name = _string(stream)
        (kind,) = _unpack(stream, "I")
        value = _value(stream, kind)
        alignment = int(value) if name == "general.alignment" else alignment
    ends = [0]
    for _ in range(tensors):
        _string(stream)
        (dimensions,) = _unpack(stream, "I")
        weights = 1
        for length in _unpack(stream, f"{min(dimensions, 8)}Q"):
            weights *= length
        kind, offset = _unpack(stream, "IQ")
        block, block_bytes = _TYPES.get(kind, (1, 0))
        ends.append(offset + weights // block * block_bytes)
    begin = -(-stream.tell() // alignment) * alignment
    return begin + max(ends)


def _read_facts(stream: BinaryIO) -> dict[str, Any] | None:
    """The facts before the vocabulary; None where the file does not begin as GGUF does."""
    if stream.read(4) != b"GGUF":
        return None
    version, _tensors, count = _unpack(stream, "IQQ")
    if version not in (2, 3):
        raise ValueError(f"GGUF version {version}")
    facts: dict[str, Any] = {}
    for _ in range(count):
        name = _string(stream)
        if name.startswith("tokenizer.") and any(known.endswith(".block_count") for known in facts):
            break
        (kind,) = _unpack(stream, "I")
        facts[name] = _value(stream, kind)
    return facts


def _value(stream: BinaryIO, kind: int) -> Any:
    if kind == _STRING:
        return _string(stream)
    if kind == _ARRAY:
        item_kind, count = _unpack(stream, "IQ")
        if count > _LONGEST:
            raise ValueError("an array too long to be true")
        return [_value(stream, item_kind) for _ in range(count)]
    if kind not in _SCALARS:
        raise ValueError(f"a value of unknown kind {kind}")
    return _unpack(stream, _SCALARS[kind])[0]


def _string(stream: BinaryIO) -> str:
    (size,) = _unpack(stream, "Q")
    if size > _LONGEST:
        raise ValueError("a text too long to be true")
    data = stream.read(size)
    if len(data) < size:
        raise ValueError("the file ends too early")
    return data.decode("utf-8", "replace")


def _unpack(stream: BinaryIO, form: str) -> tuple[Any, ...]:
    layout = struct.Struct(f"<{form}")
    return layout.unpack(stream.read(layout.size))
