"""The best passages for a question in, looked at again by a cross-encoder; scores from both looks out.

The two are blended, not exchanged. A cross-encoder reads one passage and knows nothing of its document and of what stands
around it, which the first look weighs; where it is sure, its share decides, and where it finds nothing in any passage (all
near 0) the order of the first look stays. What was not looked at again counts as if it had got 0, so that it comes after
what was looked at and ranked before it.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence

from ragdesk.errors import RagDeskError
from ragdesk.job import Job
from ragdesk.library.stored import StoredChunk
from ragdesk.models.reranker import Reranker

log = logging.getLogger("ragdesk")

SHARE = 0.6
"""What the second look counts of a score, where both looks count 1."""


def look_again(
    reranker: Reranker, question: str, chunks: Sequence[StoredChunk], *, job: Job | None = None
) -> dict[int, float]:
    """How well each chunk answers the question, 0 to 1, by chunk id; nothing where the reranker cannot be had.

    The search then goes on without it, and the log says why, once: on the command line that is standard error.
    """
    if not chunks:
        return {}
    try:
        scores = reranker.scores(question, [_readable(chunk) for chunk in chunks], job=job)
    except RagDeskError as error:
        if reranker.problem != error.message:
            log.warning("Found without the reranker: %s. %s", error.message, error.hint)
        reranker.problem = error.message
        return {}
    reranker.problem = ""
    return {chunk.id: score for chunk, score in zip(chunks, scores.tolist(), strict=True)}


def blended(scores: Mapping[int, float], again: Mapping[int, float]) -> dict[int, float]:
    """The scores of both looks, 0 to 1; those of the first where there was no second."""
    if not again:
        return dict(scores)
    return {chunk: (1 - SHARE) * score + SHARE * again.get(chunk, 0.0) for chunk, score in scores.items()}


def _readable(chunk: StoredChunk) -> str:
    """The chunk below the first line of its context, which says where it stands: title and headings, or the file's name."""
    return f"{chunk.context.partition(chr(10))[0]}\n{chunk.text}".strip()
