"""A question in, an answer from all passages in scope out; the language model is borrowed part by part.

Between two parts other questions may be answered, and the work can rest without holding the model.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace

from ragdesk import paths
from ragdesk.answer.answering import really_asked
from ragdesk.answer.everything import answer_from_everything
from ragdesk.answer.notes import Reader
from ragdesk.answer.retrieval import Question, Searcher
from ragdesk.domain import Answer, Turn
from ragdesk.errors import NotFound
from ragdesk.job import Job
from ragdesk.library.sentence_store import SentenceStore
from ragdesk.models.catalogue import QUOTE, model_path
from ragdesk.models.chat import ChatModel
from ragdesk.models.chat_at_hand import ChatAtHand
from ragdesk.models.checker import Checker
from ragdesk.settings import Settings


def read_everything(
    searcher: Searcher,
    question: Question,
    settings: Settings,
    *,
    named: str,
    chat: ChatAtHand,
    checker: Checker | None = None,
    history: Sequence[Turn],
    on_asked: Callable[[str], None],
    on_thought: Callable[[str], None],
    on_text: Callable[[str], None],
    job: Job,
) -> Answer:
    """Read all passages in scope with the language model of this name, or quote. What a model says is kept at once."""

    @contextmanager
    def borrow() -> Iterator[ChatModel]:
        with chat.for_question(named, job=job) as lent:
            assert lent is not None  # a name means a model or none, always the same
            yield lent

    with chat.for_question(named, job=job) as model:
        asked = really_asked(searcher.library, question, settings, model, history, job)
    asked_as = asked.text if asked.text != question.text else ""
    if asked_as:
        on_asked(asked_as)
    if model is None:
        given = answer_from_everything(searcher, asked, model=QUOTE, job=job)
    else:
        with closing(SentenceStore(paths.sentences_file())) as store:
            reader = Reader(
                borrow=borrow,
                identity=_identity(store, named),
                store=store,
                part_tokens=settings.source_tokens,
                answer_tokens=settings.answer_tokens,
            )
            given = answer_from_everything(
                searcher,
                asked,
                model=model.name,
                reader=reader,
                checker=checker,
                on_thought=on_thought,
                on_text=on_text,
                job=job,
            )
    return replace(given, question=question.text, asked_as=asked_as)


def _identity(store: SentenceStore, named: str) -> str:
    """What tells one model from another: the hash of its file, or its name where it has no file here."""
    try:
        return store.model_hash(model_path(named))
    except (NotFound, OSError):
        return named
