"""The head of a GGUF file in, what it says of itself out: enough to refuse a bad file and to reckon its memory.

Layout: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md. The vocabulary, which follows the facts read here
and is long, is left alone.
"""

from __future__ import annotations

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


@dataclass(frozen=True, slots=True)
class GgufHead:
    """What the file says: its name, the context it was trained with (0 where unknown), its layers and its KV size.

    `width` is the length of its vectors; `pooling` how an embedding model pools them ("mean", "cls", "last"), empty in
    a language model.
    """

    name: str
    context_tokens: int
    layers: int
    kv_bytes_per_token: int
    size_bytes: int
    width: int = 0
    pooling: str = ""

    def memory_bytes(self, context_tokens: int) -> int:
        """Memory to run it on the processor with an f16 context: the mapped file, its repacked part, KV and buffers.

        The repacked part is at most 0.7 of the file (measured on Q4_K_M files of 0.6, 1.7 and 4 billion weights).
        """
        return int(1.7 * self.size_bytes) + self.kv_bytes_per_token * context_tokens + 50 * _MB


def read_gguf_head(path: Path) -> GgufHead:
    """Read the head of a GGUF file. Raises `Unavailable` where it is missing, empty, not GGUF or cut off."""
    hint = "Choose another model, or download it again"
    try:
        size_bytes = path.stat().st_size
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
    )


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
