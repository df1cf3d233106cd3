"""A conversation in, Markdown out: questions, answers with marks that lead to their sources, sources with quotes.

What comes from a document, a file name or a user is escaped, so that it reads as it is and changes nothing around it.
An answer is Markdown already and stays it, without HTML, links and images.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ragdesk.domain import Citation, Conversation, Turn
from ragdesk.export.sources import Changed, about_question, answer_with_signs, answered_by, warning

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~$&!])")
_LINE_START = re.compile(r"^([ \t]*)(\d{1,9}(?=[.)])|)([-+=:.)]|)", re.MULTILINE)
_CODE = re.compile(r"(```.*?(?:```|\Z)|`[^`\n]*`)", re.DOTALL)
_MARK = re.compile(r"\\?\[(\d{1,4})\\?\]")


def export_markdown(conversation: Conversation, changed: Changed) -> str:
    """The conversation as CommonMark; sources are anchors such as `#turn-2-source-1`."""
    parts = [f"# {_line(conversation.title)}", f"Begun {_line(conversation.created_at)}."]
    for number, turn in enumerate(conversation.turns, 1):
        parts += _turn(number, turn, about_question(turn, conversation.turns), changed)
    return "\n\n".join(parts) + "\n"


def _turn(number: int, turn: Turn, about: Sequence[str], changed: Changed) -> list[str]:
    parts = [
        f"## {number}. {_line(turn.question)}",
        *(f"*{_line(line)}*" for line in about),
        _answer(turn, number),
        f"{_line(answered_by(turn))}, {_line(turn.asked_at)}, {turn.seconds:.1f} s.",
    ]
    if turn.citations:
        parts.append("### Sources")
        for citation in turn.citations:
            parts += _source(citation, number, warning(citation, changed))
    return parts


def _source(citation: Citation, turn_number: int, warned: str) -> list[str]:
    warned = f"  \n**⚠ {warned}**" if warned else ""
    page = f", {_line(citation.where)}" if citation.where else ""
    return [
        f'<a id="turn-{turn_number}-source-{citation.mark}"></a>**\\[{citation.mark}\\]** '
        f"{_line(citation.title or citation.path)}{page}  \n"
        f"{_line(citation.path)}, characters {citation.span[0]} to {citation.span[1]}  \n"
        f"SHA-256 {_line(citation.hash)}{warned}",
        "\n".join(f"> {line}".rstrip() for line in _block(citation.quote).split("\n")),
    ]


def _answer(turn: Turn, number: int) -> str:
    """The answer with its marks as links; outside code, HTML, links and images are spelled out."""
    known = {citation.mark for citation in turn.citations}
    out = []
    for place, piece in enumerate(_CODE.split(answer_with_signs(turn))):
        if place % 2:
            out.append(_closed(piece))
            continue
        piece = re.sub(r"([<>\[\]&])", r"\\\1", piece.replace("\\", "\\\\"))
        piece = re.sub(r"^([ \t]*)(#{1,6}(?=\s)|=+[ \t]*$|-{2,}[ \t]*$)", r"\1\\\2", piece, flags=re.MULTILINE)
        out.append(
            _MARK.sub(
                lambda match: (
                    f"[\\[{match[1]}\\]](#turn-{number}-source-{match[1]})" if int(match[1]) in known else match[0]
                ),
                piece,
            )
        )
    return "".join(out)


def _closed(code: str) -> str:
    """A fenced block with its end, also where the model was cut off before it."""
    fenced = code.startswith("```")
    return code if not fenced or (code.endswith("```") and len(code) >= 6) else f"{code}\n```"


def _line(text: str) -> str:
    """Text on one line, escaped."""
    return _block(" ".join(text.split()))


def _block(text: str) -> str:
    """Text of any number of lines, escaped so that it reads as it is; indentation, which would be code, goes."""
    lines = [line.strip() for line in text.splitlines()]
    return _LINE_START.sub(_escaped_start, _SPECIAL.sub(r"\\\1", "\n".join(lines)))


def _escaped_start(match: re.Match[str]) -> str:
    """The start of a line, unable to begin a list or an underlined heading."""
    return f"{match[1]}{match[2]}\\{match[3]}" if match[3] else match[0]
