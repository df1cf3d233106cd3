"""A path in, a document and its situated chunks out, read in a child process with limits of time and memory."""

from __future__ import annotations

import errno
import functools
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from ragdesk.child import Call, Child, ChildFailed, Payload
from ragdesk.domain import Chunk, Document
from ragdesk.errors import ChildDied, Unavailable, Unreadable
from ragdesk.ingest.limits import Limits, OutOfMemory
from ragdesk.ingest.members import Member, Members, Room, member_from_json
from ragdesk.job import Job
from ragdesk.library.long_documents import LONG_CHARACTERS
from ragdesk.library.parcel import packed_chunks, packed_document, unpacked_chunk, unpacked_document, write_parcel
from ragdesk.settings import Settings

READING_VERSION = 6
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
    """What a file says, cut and situated, and the files that lie in it, their bytes in the folder that was given.

    Where it is `parcelled`, its text, pages and chunks are in the parcel alone: they would take much memory here.
    """

    document: Document
    chunks: tuple[Chunk, ...]
    members: tuple[Member, ...] = ()
    parcelled: bool = False


class Reader:
    """A child process that reads files, one at a time."""

    def __init__(self, settings: Settings, cutting: Cutting) -> None:
        self._child = Child(__name__, memory_bytes=settings.reader_memory_mb << 20, name="reading", gives_way=True)
        self._cutting = cutting
        self._limits = limits_of(settings)

    def read(
        self,
        path: Path,
        *,
        name: str = "",
        folder: Path | None = None,
        room: Room | None = None,
        passwords: Sequence[str] = (),
        seen: Mapping[int, str] | None = None,
        parcel: Path | None = None,
        job: Job | None = None,
    ) -> Contents:
        """What a file says, and with a `folder` what lies in it; `name` is its path where its bytes lie elsewhere.

        With a `parcel`, what is read of a long file in which no other files lie goes there. These passwords are tried
        where it is protected. `seen` is what was recognised on pages that are pictures, by number, as it is kept.

        Raises `Unreadable` with the reason, in words for the user, whatever the file does to its reader; `OSError` where
        it is not there or may not be opened.
        """
        request = {
            **{"path": str(path), "name": name, "folder": str(folder or ""), "room": asdict(room or Room())},
            **{"cutting": asdict(self._cutting), "passwords": list(passwords)},
            **{"seen": list((seen or {}).items()), "parcel": str(parcel or "")},
        }
        if self._child.memory_bytes > self._limits.memory_bytes * _USED_UP:
            self._child.close(timeout_s=0.5)
        limits, began_s, first = self._limits, time.monotonic(), None
        while True:
            try:
                value, data, rows = self._try(request, limits, job)
                break
            except _Ended as ended:
                first = first or ended
                limits = replace(limits, spent_s=time.monotonic() - began_s, bad_pages=(*limits.bad_pages, ended.page))
                if not ended.page or len(limits.bad_pages) > _MOST_BAD_PAGES or limits.spent_s > limits.seconds / 2:
                    raise Unreadable(*self._why(first)) from ended
            except Unreadable as error:  # without the pages that ended their reader there is nothing in it
                if first is not None:
                    raise Unreadable(*self._why(first)) from error
                raise
        document = unpacked_document(value, data)
        members = tuple(member_from_json(row) for row in value["members"])
        chunks = tuple(unpacked_chunk(row, document.text) for row in rows)
        return Contents(document, chunks, members, parcelled=value["parcelled"])

    def _try(
        self, request: dict[str, Any], limits: Limits, job: Job | None
    ) -> tuple[dict[str, Any], bytes, list[dict[str, Any]]]:
        """What the child says of a file, and its chunks. Raises `_Ended` where it ended, with the page it was at."""
        rows: list[dict[str, Any]] = []
        page = 0

        def on_part(part: dict[str, Any]) -> None:
            nonlocal page
            rows.extend(part.get("chunks", ()))
            page = part.get("page", 0)

        try:
            value, data = self._child.call(
                "read",
                {**request, "limits": asdict(limits), "page_s": limits.seconds * _A_PAGE},
                timeout_s=limits.seconds - limits.spent_s,
                on_part=on_part,
                job=job,
            )
        except ChildDied as error:
            raise _Ended(error, page) from error
        except ChildFailed as error:
            if error.type_name in _NOT_TO_BE_OPENED:
                raise _NOT_TO_BE_OPENED[error.type_name] from error
            if error.type_name == OutOfMemory.__name__:
                self._child.close(timeout_s=0.5)
                raise _Ended(ChildDied(f"Page {page} took too much memory"), page) from error
            if error.type_name == "MemoryError":
                raise Unreadable(*self._too_large()) from error
            raise Unreadable(f"It could not be read ({error})", "It may be damaged") from error
        return value, data, rows

    def take_out(
        self,
        path: Path,
        names: Sequence[str],
        folder: Path,
        *,
        picture: int = 0,
        passwords: Sequence[str] = (),
        job: Job | None = None,
    ) -> Path:
        """Unpack what lies in a file under these names, each within the one before, and return where it is now.

        With `picture`, it is the picture of that number which stands in it. Raises `Unreadable` where it is not there any more.
        """
        asked = {
            **{"path": str(path), "names": list(names), "folder": str(folder), "passwords": list(passwords)},
            "picture": picture,
        }
        value, _ = self._child.call("take_out", asked, timeout_s=self._limits.seconds, job=job)
        return Path(value["file"])

    def opens(self, path: Path, password: str, *, job: Job | None = None) -> bool:
        """Whether this password opens a protected file. Raises `Unreadable` where the file is no good at all."""
        value, _ = self._child.call(
            "opens", {"path": str(path), "password": password}, timeout_s=self._limits.seconds, job=job
        )
        return bool(value["opens"])

    def close(self) -> None:
        """End the process."""
        self._child.close(timeout_s=0.5)

    def _why(self, ended: _Ended) -> tuple[str, str]:
        """Why its process ended, and what to do."""
        said = ended.error.message
        what = f"page {ended.page} of it" if ended.page else "it"
        if "too long" in said:
            seconds = self._limits.seconds * (_A_PAGE if ended.page else 1)
            return f"Reading {what} takes longer than {seconds:g} seconds", "Raise the setting reader_timeout_s"
        if "too much memory" in said:
            return self._too_large()
        exit = said.rpartition("(")[2].rstrip(")")
        return (
            f"{what[0].upper()}{what[1:]} makes its reader crash ({exit})",
            "Open it and save it again under a new name, then add that",
        )

    def _too_large(self) -> tuple[str, str]:
        most = self._limits.memory_bytes >> 20
        return f"Reading it needs more than {most:,} MB of memory", "Raise the setting reader_memory_mb"


class _Ended(Exception):
    """The child ended while it read a page of a PDF; page 0 where it was at something else."""

    def __init__(self, error: ChildDied, page: int) -> None:
        super().__init__(str(error))
        self.error = error
        self.page = page


_USED_UP = 0.5
"""Share of its memory that a process may have kept from the files before; with more, a new one reads the next file."""

_A_PAGE = 0.25
"""Share of the time for a file that one page of a PDF may take."""

_MOST_BAD_PAGES = 2
"""So many pages that end their reader are left out; then the file is given up."""

_NOT_TO_BE_OPENED: dict[str, OSError] = {
    "FileNotFoundError": FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT)),
    "PermissionError": PermissionError(errno.EACCES, os.strerror(errno.EACCES)),
}


def limits_of(settings: Settings) -> Limits:
    """What the settings allow one file to cost."""
    return Limits(
        pages=settings.reader_pages,
        characters=settings.reader_characters,
        seconds=settings.reader_timeout_s,
        memory_bytes=settings.reader_memory_mb << 20,
    )


# --- In the child -------------------------------------------------------------------------------------------------


def _read(value: dict[str, Any], data: bytes, call: Call) -> Payload:
    """The document, and its chunks in parts before it; those of a long one go into the parcel."""
    from ragdesk.ingest import formats
    from ragdesk.ingest.chunking import cut
    from ragdesk.ingest.limits import applied
    from ragdesk.ingest.recognised import having_seen, seen_from_json
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
    limits = Limits(**{**value["limits"], "bad_pages": tuple(value["limits"]["bad_pages"])})

    def on_page(number: int) -> None:
        call.part({"page": number, "within_s": value["page_s"]} if number else {"page": 0})

    seen = {number: seen_from_json(kept) for number, kept in value["seen"]}
    with applied(limits, value["passwords"], on_page), having_seen(seen):
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
    found = [asdict(member) for member in members.found] if value["folder"] else []
    parcelled = bool(value["parcel"]) and not found and len(document.text) >= LONG_CHARACTERS
    if parcelled:
        write_parcel(Path(value["parcel"]), document, chunks)
        document = replace(document, text="", pages=(), geometry=b"")
    else:
        for part in packed_chunks(chunks):
            call.part(part)
    fields, body = packed_document(document)
    return {**fields, "members": found, "parcelled": parcelled}, body


def _take_out(value: dict[str, Any], data: bytes, call: Call) -> Payload:
    from ragdesk.ingest import formats
    from ragdesk.ingest.embedded import picture_of
    from ragdesk.ingest.limits import Limits, applied

    file, names, folder = Path(value["path"]), value["names"], Path(value["folder"])
    depth, name = 0, file.name
    while names:
        found = None
        for count in range(len(names), 0, -1):  # a name may itself be a path
            members = Members(folder / str(depth), name=name, only="/".join(names[:count]))
            with applied(Limits(), value["passwords"]):
                formats.read(file, members)
            found = next((member for member in members.found if member.file), None)
            if found is not None:
                file, name, names = Path(found.file), names[count - 1], names[count:]
                break
        if found is None:
            raise Unreadable(f"There is no {names[-1]} in it any more", "Let changes be looked for")
        depth += 1
    if value["picture"]:
        with applied(Limits(), value["passwords"]):
            data = picture_of(file, value["picture"]).getvalue()
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / "picture"
        file.write_bytes(data)
    return {"file": str(file)}, b""


def _opens(value: dict[str, Any], data: bytes, call: Call) -> Payload:
    from ragdesk.ingest.protection import opens

    return {"opens": opens(Path(value["path"]), value["password"])}, b""


@functools.cache
def _tokens(folder: str) -> Any:
    from ragdesk.models.tokens import Tokens

    return Tokens(Path(folder))


SERVED = {"read": _read, "opens": _opens, "take_out": _take_out}
