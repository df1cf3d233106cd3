"""What was read of a file, packed for another process: a document and its chunks in, frames out, and back.

A chunk's text is not packed, since it is a span of the document's. A parcel is a file of such frames (see `child.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from ragdesk.child import Payload, read_frame, write_frame
from ragdesk.domain import Chunk, Document, document_from_json
from ragdesk.errors import Unavailable

_CHUNKS_AT_A_TIME = 200
"""A long list of chunks in one piece would keep the interpreter of the window busy while it is taken in."""


def packed_document(document: Document) -> Payload:
    """The document without its blocks, which nobody needs once it is cut; as data the text, then the geometry."""
    text = document.text.encode()
    fields = replace(document, text="", geometry=b"", blocks=()).to_json()
    return {"document": fields, "text_bytes": len(text)}, text + document.geometry


def unpacked_document(value: Mapping[str, Any], data: bytes) -> Document:
    """The document of a frame."""
    size = value["text_bytes"]
    document = document_from_json({**value["document"], "text": data[:size].decode(), "geometry": ""})
    return replace(document, geometry=data[size:])


def packed_chunks(chunks: Sequence[Chunk]) -> Iterator[dict[str, Any]]:
    """The chunks, some at a time."""
    for begin in range(0, len(chunks), _CHUNKS_AT_A_TIME):
        yield {"chunks": [{**asdict(c), "text": ""} for c in chunks[begin : begin + _CHUNKS_AT_A_TIME]]}


def unpacked_chunk(row: Mapping[str, Any], text: str) -> Chunk:
    """A chunk of the document with this text."""
    span = (row["span"][0], row["span"][1])
    return Chunk(**{**row, "span": span, "text": text[slice(*span)], "headings": tuple(row["headings"])})


def write_parcel(path: Path, document: Document, chunks: Sequence[Chunk]) -> None:
    """Pack into a file. Raises `Unavailable` where the disk does not take it."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as stream:
            write_frame(stream, *packed_document(document))
            for frame in packed_chunks(chunks):
                write_frame(stream, frame)
    except OSError as error:
        raise Unavailable(
            "There is no room on the disk for what was read", f"Make room ({error.strerror}); nothing was lost"
        ) from error


def read_parcel(path: Path) -> tuple[Document, list[Chunk]]:
    """What `write_parcel` packed."""
    with path.open("rb") as stream:
        frame = read_frame(stream)
        if frame is None:
            raise EOFError(f"{path} is no parcel")
        document = unpacked_document(*frame)
        chunks: list[Chunk] = []
        while (frame := read_frame(stream)) is not None:
            chunks += (unpacked_chunk(row, document.text) for row in frame[0]["chunks"])
    return document, chunks
