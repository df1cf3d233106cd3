"""What is defined in a text of code, by lines, in; the blocks of its document out.

Nothing is left out: what lies before, between and after definitions belongs to what encloses it.
"""

from __future__ import annotations

import itertools
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from ragdesk.domain import Block

_WHOLE = 300
"""Characters of code that are not cut: about a chunk."""

_LONGEST_SIGNATURE = 160
_INNER_SPACE = re.compile(r"(?<=[(\[]) |,? (?=[)\]])")
"""Where a list over several lines was broken."""

_CLOSING = re.compile(r"[\W_]*(?:end\w*|fi|done|esac)?[\W_]*")


@dataclass(frozen=True, slots=True)
class Definition:
    """A function, class or section: its lines from `first` up to `end`, counted from 0, and those in it, in order.

    What documents it stands in its first lines. `signature` is one line.
    """

    first: int
    end: int
    signature: str
    inner: Sequence[Definition] = ()


@dataclass(frozen=True, slots=True)
class Outline:
    """The definitions of a text that lie in no other, in order, and the lines at which statements begin."""

    definitions: Sequence[Definition] = ()
    borders: set[int] = field(default_factory=set)


def signature(text: str) -> str:
    """The head of a definition as one line."""
    line = _INNER_SPACE.sub("", " ".join(text.split())).rstrip(" {:=;")
    return line if len(line) <= _LONGEST_SIGNATURE else line[:_LONGEST_SIGNATURE].rsplit(" ", 1)[0] + " …"


def blocks_of(text: str, outline: Outline) -> list[Block]:
    """Blocks of code: each definition, what stands between them, and of long ones the statements.

    The context of a block names what encloses it, with the signatures: `class Reader > def read(self, path)`.
    """
    lines = text.split("\n")
    offsets = list(itertools.accumulate((len(line) + 1 for line in lines), initial=0))
    borders = sorted(outline.borders)
    blocks: list[Block] = []
    for first, end, context in _pieces(0, len(lines), outline.definitions, ""):
        while first < end and not lines[first].strip():
            first += 1
        if first == end:
            continue
        start, stop = offsets[first], _ending(text, offsets[first], min(offsets[end], len(text)))
        if blocks and _CLOSING.fullmatch(text, start, stop):  # brackets that close what the block before began
            last = blocks[-1]
            blocks[-1] = Block("code", (last.span[0], stop), context=last.context)
        elif stop - start <= _WHOLE:
            blocks.append(Block("code", (start, stop), context=context))
        else:
            cuts = [first, *borders[bisect_right(borders, first) : bisect_left(borders, end)], end]
            for a, b in itertools.pairwise(cuts):
                if (stop := _ending(text, offsets[a], min(offsets[b], len(text)))) > offsets[a]:
                    blocks.append(Block("code", (offsets[a], stop), context=context))
    return blocks


def _pieces(first: int, end: int, definitions: Sequence[Definition], context: str) -> Iterator[tuple[int, int, str]]:
    """Lines that belong together, with what encloses them."""
    for definition in definitions:
        yield first, definition.first, context
        path = " > ".join(part for part in (context, definition.signature) if part)
        yield from _pieces(definition.first, definition.end, definition.inner, path)
        first = definition.end
    yield first, end, context


def _ending(text: str, start: int, end: int) -> int:
    """Where the last word of this span ends."""
    return start + len(text[start:end].rstrip())
