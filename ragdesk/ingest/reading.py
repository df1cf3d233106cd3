"""A path in, a document and its situated chunks out, read in a child process with limits of time and memory."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ragdesk.child import Call, Child, ChildFailed, Payload
from ragdesk.domain import Chunk, Document, document_from_json
from ragdesk.errors import ChildDied, Unavailable, Unreadable
from ragdesk.ingest.members import Member, Members, Room, member_from_json
from ragdesk.job import Job
from ragdesk.settings import Settings

READING_VERSION = 5
"""Change it when readers, cutting or situating change so much that documents should be read again."""


_CODE_FOLDERS = 2
"""Of code so many folders are part of its name: they say which part of a program it is."""


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


@dataclass(frozen=True, slots=True)
class Contents:
    """What a file says, cut and situated, and the files that lie in it, their bytes in the folder that was given."""

    document: Document
    chunks: tuple[Chunk, ...]
    members: tuple[Member, ...] = ()


class Reader:
    """A child process that reads files, one at a time."""

    def __init__(self, settings: Settings, cutting: Cutting) -> None:
        self._child = Child(__name__, memory_bytes=settings.reader_memory_mb << 20, name="reading", gives_way=True)
        self._cutting = cutting
        self._timeout_s = settings.reader_timeout_s
        self._memory_mb = settings.reader_memory_mb

    def read(
        self,
        path: Path,
        *,
        name: str = "",
        folder: Path | None = None,
        room: Room | None = None,
        job: Job | None = None,
    ) -> Contents:
        """What a file says, and with a `folder` what lies in it; `name` is its path where its bytes lie elsewhere.

        Raises `Unreadable` with the reason, in words for the user, whatever the file does to its reader.
        """
        asked = {"path": str(path), "name": name, "folder": str(folder or ""), "room": asdict(room or Room())}
        try:
            value, geometry = self._child.call(
                "read", {**asked, "cutting": asdict(self._cutting)}, timeout_s=self._timeout_s, job=job
            )
        except ChildDied as error:
            raise Unreadable(self._why(error), "Open it and save it again under a new name, then add that") from error
        except ChildFailed as error:
            if error.type_name == "MemoryError":
                raise Unreadable(f"Reading it needs more than {self._memory_mb} MB of memory") from error
            raise Unreadable(f"It could not be read ({error})", "It may be damaged") from error
        document = document_from_json({**value["document"], "geometry": ""})
        chunks = tuple(
            Chunk(**{**c, "span": (c["span"][0], c["span"][1]), "headings": tuple(c["headings"])})
            for c in value["chunks"]
        )
        members = tuple(member_from_json(row) for row in value["members"])
        return Contents(_with_geometry(document, geometry), chunks, members)

    def take_out(self, path: Path, names: Sequence[str], folder: Path, *, job: Job | None = None) -> Path:
        """Unpack what lies in a file under these names, each within the one before, and return where it is now.

        Raises `Unreadable` where it is not there any more.
        """
        asked = {"path": str(path), "names": list(names), "folder": str(folder)}
        value, _ = self._child.call("take_out", asked, timeout_s=self._timeout_s, job=job)
        return Path(value["file"])

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
    from ragdesk.ingest.situating import situate

    path, cutting = Path(value["path"]), value["cutting"]
    name = value["name"] or str(path)
    members = Members(
        Path(value["folder"]) if value["folder"] else None,
        name=Path(name).name,
        room=Room(**value["room"]),
        packed_bytes=path.stat().st_size,
    )
    tokens = _tokens(cutting["tokenizer"])
    document = formats.read(path, members)
    call.check()
    budget = min(cutting["chunk_tokens"], tokens.max_tokens - cutting["prefix_tokens"])
    if budget < 16:
        raise Unavailable("The setting prefix_tokens leaves no room for the text", "Make it smaller")
    chunks = situate(
        cut(document, tokens, max_tokens=budget),
        document,
        name="/".join(Path(name).parts[-_CODE_FOLDERS - 1 :]) if document.format == "code" else Path(name).stem,
        count_tokens=tokens.count,
        prefix_tokens=cutting["prefix_tokens"],
    )
    fields = document.to_json()
    fields["geometry"] = ""
    found = [asdict(member) for member in members.found] if value["folder"] else []
    return {"document": fields, "chunks": [asdict(chunk) for chunk in chunks], "members": found}, document.geometry


def _take_out(value: dict[str, Any], data: bytes, call: Call) -> Payload:
    from ragdesk.ingest import formats

    file, names, folder = Path(value["path"]), value["names"], Path(value["folder"])
    depth, name = 0, file.name
    while names:
        found = None
        for count in range(len(names), 0, -1):  # a name may itself be a path
            members = Members(folder / str(depth), name=name, only="/".join(names[:count]))
            formats.read(file, members)
            found = next((member for member in members.found if member.file), None)
            if found is not None:
                file, name, names = Path(found.file), names[count - 1], names[count:]
                break
        if found is None:
            raise Unreadable(f"There is no {names[-1]} in it any more", "Let changes be looked for")
        depth += 1
    return {"file": str(file)}, b""


@functools.cache
def _tokens(folder: str) -> Any:
    from ragdesk.models.tokens import Tokens

    return Tokens(Path(folder))


SERVED = {"read": _read, "take_out": _take_out}
