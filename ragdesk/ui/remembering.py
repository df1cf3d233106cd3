"""Where everything in the window stands, kept for the next start in `window.ini`: of all libraries, and of this one."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QSettings

from ragdesk.domain import Citation, Scope, Turn
from ragdesk.engine import Engine
from ragdesk.errors import NotFound
from ragdesk.ui.looking import whole

if TYPE_CHECKING:
    from ragdesk.ui.window import Window

_SIZE = (1280, 800)


def remember(window: Window, state: QSettings) -> None:
    """Keep size, panes, what is shown in each, and what is written and not asked yet."""
    shown, problems_first = window.conversation.conversation, window.actions_by_name["only_failures"].isChecked()
    state.setValue("geometry", window.saveGeometry())
    window.panes.remember(state)
    state.beginGroup(_group(window.desk.engine))
    window.library.remember(state)
    state.setValue("conversation", str(shown.id) if shown else "")
    state.setValue("source", " ".join(map(str, window.source.seen)))
    state.setValue("left", str(window.left.currentIndex()))
    state.setValue("problems_first", str(int(problems_first)))
    state.setValue("scope", json.dumps(asdict(window.conversation.scope_bar.scope)))
    state.setValue("draft", window.conversation.composer.toPlainText())
    state.endGroup()
    state.sync()


def restore(window: Window, state: QSettings) -> None:
    """Put everything where it stood, as far as it is still there."""
    window.resize(*_SIZE)
    if state.contains("geometry"):
        window.restoreGeometry(state.value("geometry"))
    window.panes.restore(state)
    state.beginGroup(_group(window.desk.engine))
    window.library.restore(state)
    kept = {name: str(state.value(name, "")) for name in state.childKeys()}
    state.endGroup()
    window.left.setCurrentIndex(int(kept.get("left") == "1"))
    window.actions_by_name["only_failures"].setChecked(kept.get("problems_first") == "1")
    window.conversation.scope_bar.set_scope(_scope(kept.get("scope", "")))
    window.conversation.composer.setPlainText(kept.get("draft", ""))
    conversation, source = kept.get("conversation", ""), kept.get("source", "").split()
    if conversation.isdecimal():
        window.conversation.open(int(conversation))
    if len(source) == 3 and all(part.isdecimal() for part in source):
        turn_id, mark, document_id = map(int, source)
        conversation_id = int(conversation) if conversation.isdecimal() else 0
        engine = window.desk.engine
        window.desk.call(
            lambda: _seen(engine, conversation_id, turn_id, mark, document_id),
            lambda seen: _show(window, seen),
        )


def _show(window: Window, seen: tuple[Citation, Turn | None] | None) -> None:
    if seen is not None and window.source.seen == (0, 0, 0):  # nothing was opened meanwhile
        citation, turn = seen
        window.source.show_citation(citation, turn.citations if turn else (citation,), turn)


def _group(engine: Engine) -> str:
    """The part of the file for this library: conversations and documents of another have the same numbers."""
    return hashlib.sha256(str(engine.library.folder).encode()).hexdigest()[:16]


def _scope(kept: str) -> Scope:
    try:
        fields: dict[str, Any] = json.loads(kept or "{}")
        fields = {name: tuple(value) if isinstance(value, list) else value for name, value in fields.items()}
        return Scope(**fields)
    except (ValueError, TypeError, AttributeError):  # written by another version
        return Scope()


def _seen(
    engine: Engine, conversation_id: int, turn_id: int, mark: int, document_id: int
) -> tuple[Citation, Turn | None] | None:
    """The citation with this mark, else the document, else None where both are gone."""
    try:
        turns = engine.conversations.one(conversation_id).turns if conversation_id else ()
    except NotFound:
        turns = ()
    for turn in turns:
        for citation in turn.citations:
            if (turn.id, citation.mark, citation.document_id) == (turn_id, mark, document_id):
                return citation, turn
    info = next((document for document in engine.documents() if document.id == document_id), None)
    return (whole(info), None) if info is not None else None
