"""A question becomes a cited answer: the steps on one page.

Retrieve, always; show the hits; then quote, or build a prompt, let the language model write, bind its marks to sentences
of the hits, and verify each of its sentences. Every citation is checked against the stored text before it is shown.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from ragdesk.answer.citing import cite
from ragdesk.answer.prompting import Prompt, build_prompt
from ragdesk.answer.quoting import NOT_IN_DOCUMENTS, is_hopeless, quote
from ragdesk.answer.retrieval import Question, Searcher, search
from ragdesk.answer.verifying import Verified, verify
from ragdesk.domain import Answer, Citation, Hit, Message, Turn, page_at
from ragdesk.job import Job
from ragdesk.library.library import Library
from ragdesk.models.chat import ChatModel
from ragdesk.settings import Settings

QUOTE = "quote"
"""The name of answering without a language model."""

_RULES_TOKENS = 300
"""About what the rules, the question and the template take of a prompt besides its sources."""


def answer(
    searcher: Searcher,
    question: Question,
    settings: Settings,
    *,
    model: ChatModel | None = None,
    history: Sequence[Turn] = (),
    on_hits: Callable[[Sequence[Hit]], None] = lambda hits: None,
    on_text: Callable[[str], None] = lambda text: None,
    job: Job | None = None,
) -> Answer:
    """Answer from the library; without `model` by quoting. `on_text` gets a model's text as it comes, unchecked."""
    began = time.monotonic()
    hits = search(searcher, question, limit=settings.hits, job=job)
    on_hits(hits)
    prompt = Prompt((), ())
    if not hits or (model is not None and not history and _is_hopeless(searcher, question, hits, job)):
        given = Verified(NOT_IN_DOCUMENTS, ())
    elif model is None:
        given = Verified(*quote(question.text, hits, searcher.library, searcher.embedder, job=job))
    else:
        prompt = _prompt(question, hits, settings, model, history, job)
        given = _written(searcher, question, prompt, settings, model, on_text, job)
    return Answer(
        question=question.text,
        text=given.text,
        answered=bool(given.citations),
        citations=_checked(searcher.library, given.citations),
        hits=tuple(hits),
        model=model.name if model is not None else QUOTE,
        seconds=time.monotonic() - began,
        scope=question.scope,
        prompt=prompt.messages,
        doubts=given.doubts,
    )


def _is_hopeless(searcher: Searcher, question: Question, hits: Sequence[Hit], job: Job | None) -> bool:
    """Whether a language model need not be asked. A question that follows on others may lean on them, and is asked."""
    return is_hopeless(question.text, hits, searcher.library, searcher.embedder, job=job)


def _prompt(
    question: Question,
    hits: Sequence[Hit],
    settings: Settings,
    model: ChatModel,
    history: Sequence[Turn],
    job: Job | None,
) -> Prompt:
    model.load(job=job)
    room = model.context_tokens - settings.answer_tokens
    return build_prompt(
        question.text,
        hits,
        count_tokens=model.count_tokens,
        budget_tokens=min(room, settings.source_tokens + _RULES_TOKENS) if room > 0 else model.context_tokens // 2,
        history=_messages(history),
    )


def _written(
    searcher: Searcher,
    question: Question,
    prompt: Prompt,
    settings: Settings,
    model: ChatModel,
    on_text: Callable[[str], None],
    job: Job | None,
) -> Verified:
    library = searcher.library
    written = []
    for part in model.stream(prompt.messages, max_tokens=settings.answer_tokens, job=job):
        written.append(part)
        on_text(part)
    text, citations = cite("".join(written).strip(), prompt.hits, library.hashes({h.document_id for h in prompt.hits}))
    return verify(text, citations, prompt.hits, library, searcher.embedder, question=question.text, job=job)


def _messages(history: Sequence[Turn]) -> list[Message]:
    messages: list[Message] = []
    for turn in history:
        messages += [Message("user", turn.question), Message("assistant", turn.answer)]
    return messages


def _checked(library: Library, citations: Sequence[Citation]) -> tuple[Citation, ...]:
    """The citations with the page their quote stands on. A quote that does not stand at its span is a defect of ours."""
    checked = []
    for citation in citations:
        stored = library.text(citation.document_id)
        if stored.text[slice(*citation.span)] != citation.quote:
            raise AssertionError(f"citation {citation.mark} is not verbatim in document {citation.document_id}")
        checked.append(replace(citation, page=page_at(stored.pages, citation.span[0])))
    return tuple(checked)
