"""A path in, a document and its situated chunks out, read in a child process with limits of time and memory."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ragdesk.child import Call, Child, ChildFailed, Payload
from ragdesk.domain import Chunk, Document, document_from_json
from ragdesk.errors import ChildDied, Unavailable, Unreadable
from ragdesk.job import Job
from ragdesk.settings import Settings

READING_VERSION = 5
"""Change it when readers, cutting or situating change so much that documents should be read again."""


@dataclass(frozen=True, slots=True)
class Cutting:
    """How documents are cut and situated: the folder of the tokenizer that counts, and the budgets in tokens."""

    tokenizer: str
    chunk_tokens: int
    prefix_tokens: int

    @property
    def identity(self) -> str:
        """Names the way of reading; stored with each document."""
        return f"{READING_VERSION}/{Path(self.tokenizer).parent.name}/{self.chunk_tokens}/{self.prefix_tokens}"


class Reader:
    """A child process that reads files, one at a time."""

    def __init__(self, settings: Settings, cutting: Cutting) -> None:
        self._child = Child(__name__, memory_bytes=settings.reader_memory_mb << 20, name="reading", gives_way=True)
        self._cutting = cutting
        self._timeout_s = settings.reader_timeout_s
        self._memory_mb = settings.reader_memory_mb

    def read(
        self, path: Path, *, seen: Mapping[int, str] | None = None, job: Job | None = None
    ) -> tuple[Document, list[Chunk]]:
        """`seen` is what was recognised on pages that are pictures, by number, as it is kept.

        Raises `Unreadable` with the reason, in words for the user, whatever the file does to its reader.
        """
        asked = {"path": str(path), "cutting": asdict(self._cutting), "seen": list((seen or {}).items())}
        try:
            value, geometry = self._child.call("read", asked, timeout_s=self._timeout_s, job=job)
        except ChildDied as error:
            raise Unreadable(self._why(error), "Open it and save it again under a new name, then add that") from error
        except ChildFailed as error:
            if error.type_name == "MemoryError":
                raise Unreadable(f"Reading it needs more than {self._memory_mb} MB of memory") from error
            raise Unreadable(f"It could not be read ({error})", "It may be damaged") from error
        document = document_from_json({**value["document"], "geometry": ""})
        chunks = [
            Chunk(**{**c, "span": (c["span"][0], c["span"][1]), "headings": tuple(c["headings"])})
            for c in value["chunks"]
        ]
        return _with_geometry(document, geometry), chunks

    def close(self) -> None:
        """End the process."""
        self._child.close(timeout_s=0.5)

    def _why(self, error: ChildDied) -> str:
        if "too long" in error.message:
            return f"Reading it took longer than {self._timeout_s:.0f} seconds"
        if "too much memory" in error.message:
            return f"Reading it needs more than {self._memory_mb} MB of memory"
        return f"It makes its reader crash ({error.message.rpartition('(')[2].rstrip(')')})"


def _with_geometry(document: Document, geometry: bytes) -> Document:
    from dataclasses import replace

    return replace(document, geometry=geometry)


# --- In the child -------------------------------------------------------------------------------------------------


def _read(value: dict[str, Any], data: bytes, call: Call) -> Payload:
    from ragdesk.ingest import formats
    from ragdesk.ingest.chunking import cut
    from ragdesk.ingest.recognised import having_seen, seen_from_json
    from ragdesk.ingest.situating import situate

    path, cutting = Path(value["path"]), value["cutting"]
    tokens = _tokens(cutting["tokenizer"])
    with having_seen({number: seen_from_json(kept) for number, kept in value["seen"]}):
        document = formats.read(path)
    call.check()
    budget = min(cutting["chunk_tokens"], tokens.max_tokens - cutting["prefix_tokens"])
    if budget < 16:
        raise Unavailable("The setting prefix_tokens leaves no room for the text", "Make it smaller")
    chunks = situate(
        cut(document, tokens, max_tokens=budget),
        document,
        name=path.stem,
        count_tokens=tokens.count,
        prefix_tokens=cutting["prefix_tokens"],
    )
    fields = document.to_json()
    fields["geometry"] = ""
    return {"document": fields, "chunks": [asdict(chunk) for chunk in chunks]}, document.geometry


@functools.cache
def _tokens(folder: str) -> Any:
    from ragdesk.models.tokens import Tokens

    return Tokens(Path(folder))


SERVED = {"read": _read}
