"""A question becomes a cited answer: the steps on one page.

Retrieve, always; show the hits; then quote, or build a prompt, let the language model write, bind its marks to sentences
of the hits, and verify each of its sentences. Every citation is checked against the stored text before it is shown.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from ragdesk.answer.citing import cite
from ragdesk.answer.following import standalone
from ragdesk.answer.prompting import Prompt, build_prompt, build_rewriting
from ragdesk.answer.quoting import NOT_IN_DOCUMENTS, is_hopeless, quote
from ragdesk.answer.retrieval import Question, Searcher, search
from ragdesk.answer.thoughts import Thoughts
from ragdesk.answer.verifying import Verified, verify
from ragdesk.domain import Answer, Citation, Hit, Turn, page_at
from ragdesk.errors import WrongUse
from ragdesk.job import Job
from ragdesk.library.library import Library
from ragdesk.models.chat import ChatModel
from ragdesk.models.checker import Checker
from ragdesk.settings import Settings

QUOTE = "quote"
"""The name of answering without a language model."""

_REWRITING_TOKENS = 96
"""The longest question that a language model may make of a follow-up."""

_RULES_TOKENS = 300
"""About what the rules, the question and the template take of a prompt besides its sources."""


def answer(
    searcher: Searcher,
    question: Question,
    settings: Settings,
    *,
    model: ChatModel | None = None,
    checker: Checker | None = None,
    history: Sequence[Turn] = (),
    on_asked: Callable[[str], None] = lambda asked_as: None,
    on_hits: Callable[[Sequence[Hit]], None] = lambda hits: None,
    on_thought: Callable[[str], None] = lambda thought: None,
    on_text: Callable[[str], None] = lambda text: None,
    job: Job | None = None,
) -> Answer:
    """Answer from the library; without `model` by quoting. `on_text` gets a model's text as it comes, unchecked, and
    `on_thought` what it thinks before.

    `history` are the turns before, oldest first. `on_asked` gets the question that is really asked where it leans on them.
    While a model puts it into words, `on_hits` already gets what is found by the words that are carried over.
    What a model wrote is looked at by the `checker` too, where there is one.
    """
    began = time.monotonic()
    if model is not None and history:
        at_once = really_asked(searcher.library, question, settings, None, history, job)
        if at_once.text != question.text:
            on_hits(search(searcher, at_once, limit=settings.hits, job=job))
    typed, question = question, really_asked(searcher.library, question, settings, model, history, job)
    asked_as = question.text if question.text != typed.text else ""
    if asked_as:
        on_asked(asked_as)
    hits = search(searcher, question, limit=settings.hits, job=job)
    on_hits(hits)
    prompt, thoughts = Prompt((), ()), Thoughts(on_thought)
    library, embedder = searcher.library, searcher.embedder
    if not hits or (model is not None and is_hopeless(question.text, hits, library, embedder, job=job)):
        given = Verified(NOT_IN_DOCUMENTS, ())
    elif model is None:
        given = Verified(*quote(question.text, hits, library, embedder, job=job))
    else:
        prompt = _prompt(question, hits, settings, model, history, job)
        given = _written(searcher, question, prompt, settings, model, checker, thoughts, on_text, job)
    return Answer(
        question=typed.text,
        text=given.text,
        answered=bool(given.citations),
        citations=_checked(searcher.library, given.citations),
        hits=tuple(hits),
        model=model.name if model is not None else QUOTE,
        seconds=time.monotonic() - began,
        scope=question.scope,
        prompt=prompt.messages,
        doubts=given.doubts,
        asked_as=asked_as,
        thoughts=thoughts.text,
        thought_s=thoughts.seconds,
    )


def really_asked(
    library: Library,
    question: Question,
    settings: Settings,
    model: ChatModel | None,
    history: Sequence[Turn],
    job: Job | None,
) -> Question:
    """The question as it stands without the turns before it; by the language model where there is one."""

    def rewrite(text: str) -> str:
        assert model is not None
        model.load(job=job)
        prompt = build_rewriting(
            text,
            history,
            count_tokens=model.count_tokens,
            count_prompt=model.count_prompt,
            computed=model.computed,
            budget_tokens=_budget(settings, model),
            window_tokens=model.context_tokens - _REWRITING_TOKENS,
        )
        said = ""
        try:
            with contextlib.closing(model.stream(prompt, max_tokens=_REWRITING_TOKENS, job=job)) as parts:
                for part in parts:
                    said += part
                    if said.strip() and "\n" in said.lstrip():
                        break
        except WrongUse:  # the window is too small for it: the topic words are carried over
            return ""
        return said

    return replace(question, text=standalone(question.text, history, library, rewrite=rewrite if model else None))


def _prompt(
    question: Question,
    hits: Sequence[Hit],
    settings: Settings,
    model: ChatModel,
    history: Sequence[Turn],
    job: Job | None,
) -> Prompt:
    model.load(job=job)
    return build_prompt(
        question.text,
        hits,
        count_tokens=model.count_tokens,
        count_prompt=model.count_prompt,
        budget_tokens=_budget(settings, model),
        history=history,
    )


def _budget(settings: Settings, model: ChatModel) -> int:
    """Tokens that a prompt may take, so that the answer still fits the model's window."""
    room = model.context_tokens - settings.answer_tokens
    return min(room, settings.source_tokens + _RULES_TOKENS) if room > 0 else model.context_tokens // 2


def _written(
    searcher: Searcher,
    question: Question,
    prompt: Prompt,
    settings: Settings,
    model: ChatModel,
    checker: Checker | None,
    thoughts: Thoughts,
    on_text: Callable[[str], None],
    job: Job | None,
) -> Verified:
    library = searcher.library
    written = []
    for part in model.stream(prompt.messages, max_tokens=settings.answer_tokens, on_thought=thoughts.add, job=job):
        thoughts.pause()
        written.append(part)
        on_text(part)
    thoughts.pause()
    text, citations = cite("".join(written).strip(), prompt.hits, library.hashes({h.document_id for h in prompt.hits}))
    return verify(
        text, citations, prompt.hits, library, searcher.embedder, question=question.text, checker=checker, job=job
    )


def _checked(library: Library, citations: Sequence[Citation]) -> tuple[Citation, ...]:
    """The citations with the page their quote stands on. A quote that does not stand at its span is a defect of ours."""
    checked = []
    for citation in citations:
        stored = library.text(citation.document_id)
        if stored.text[slice(*citation.span)] != citation.quote:
            raise AssertionError(f"citation {citation.mark} is not verbatim in document {citation.document_id}")
        checked.append(
            replace(citation, page=page_at(stored.pages, citation.span[0]), place=stored.place(citation.span))
        )
    return tuple(checked)
