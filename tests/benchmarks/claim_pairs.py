"""Labelled sets in BEIR's layout in, pairs of claim and passage out: true ones, and ones that the passage does not support.

True claims are the sentences of answers that people (CLAP NQ) and models (Anthropic's help pages) wrote from a passage, and
questions with their answer turned into statements (SQuAD 2, XQuAD, COVID-QA). Of each true claim others are made: with a number,
a date or a name changed, with a negation put in or taken out, and beside another passage of the same documents. Half of what is
put in stands elsewhere in the passage, which is the harder kind. No data is copied into the project.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ragdesk.answer.facts import facts_of
from ragdesk.sentences import sentences

KINDS = ("number", "date", "name", "negation", "same document", "other document")
_BE = re.compile(r"^(?:who|what|which(?: \w+)?) (is|are|was|were) (.+)$", re.IGNORECASE)
_SUBJECT = re.compile(
    r"^(?:who|what|which(?: \w+){0,3}?) ((?!do\b|does\b|did\b|is\b|are\b|was\b|were\b)[a-z]+(?:ed|s|t|d|n|e)) (.+)$",
    re.IGNORECASE,
)
_PLACE_OR_TIME = re.compile(
    r"^(?:when|where|in (?:what|which)(?: \w+){1,2}|at what \w+|on what \w+) (did|was|were|is|are|do|does|has|had) (.+)$",
    re.IGNORECASE,
)
_COUNT = re.compile(r"^how (?:many|much) (.+)$", re.IGNORECASE)
_AUXILIARY = re.compile(r"\b(is|are|was|were|has|have|had|can|could|will|would|should|may|must)\b")
_YEAR = re.compile(r"\b(1[0-9]{3}|20[0-2][0-9])\b")
_MONTH_NAMES = "January February March April May June July August September October November December"
_MONTHS = _MONTH_NAMES.split()
_MONTH = re.compile(rf"\b({'|'.join(_MONTHS)})\b")
_NUMBER = re.compile(r"(?<![\w.,])\d[\d,]*(?:\.\d+)?(?![\w]|[.,]\d)")
_NAME = re.compile(r"(?<![.!?] )(?<!^)\b[A-Z][a-z]{2,}(?: [A-Z][a-z]{2,})*\b")
_AROUND = 500
"""Characters of the document before and after an answer that make its passage."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A claim beside a passage. `kind` is empty where it is true; `group` is the document that decides its half."""

    claim: str
    passage: str
    title: str
    group: str
    source: str
    kind: str = ""


def true_pairs(data: Path) -> Iterator[Pair]:
    """The true claims of every set that is there."""
    for name, make in (
        ("clapnq", _of_answers),
        ("squad2", _of_spans),
        ("xquad/en", _of_spans),
        ("covidqa", _of_spans),
        ("anthropic_docs_rag", _of_help),
    ):
        folder = data / name
        if not (folder / "queries.jsonl").is_file():
            print(f"{folder} is not here: left out")
            continue
        yield from make(folder, name)


def pairs(data: Path, *, seed: int = 5) -> list[Pair]:
    """True claims and as many of the others, drawn so that each kind has about the same number."""
    drawn = random.Random(seed)
    true = sorted(true_pairs(data), key=lambda pair: (pair.source, pair.group, pair.claim))
    drawn.shuffle(true)
    # Questions with answers are many and written by one rule: as many as of the other sources together.
    written = [pair for pair in true if pair.source in ("clapnq", "anthropic_docs_rag")]
    turned = [pair for pair in true if pair.source not in ("clapnq", "anthropic_docs_rag")][: 2 * len(written)]
    true = written + turned
    by_kind: dict[str, list[Pair]] = {kind: [] for kind in KINDS}
    for pair in true:
        for kind in KINDS:
            changed = _changed(pair, kind, true, drawn)
            if changed is not None:
                by_kind[kind].append(replace(changed, kind=kind))
    each = len(true) // len(KINDS)
    false = [pair for kind in KINDS for pair in drawn.sample(by_kind[kind], min(each, len(by_kind[kind])))]
    return true + false


# --- True claims --------------------------------------------------------------------------------------------------


def _rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.open(encoding="utf-8")]


def _of_answers(folder: Path, source: str) -> Iterator[Pair]:
    """The sentences of the answers to CLAP NQ."""
    documents = {row["_id"]: row for row in _rows(folder / "corpus.jsonl")}
    for row in _rows(folder / "queries.jsonl"):
        if row["metadata"]["unanswerable"]:
            continue
        passage = documents[row["metadata"]["given_passage"]]
        for answer in row["metadata"]["answers"][:2]:
            text = " ".join(answer.split())
            for span in sentences(text):
                claim = text[slice(*span)]
                if len(claim.split()) >= 6:
                    yield Pair(claim, passage["text"], passage["title"], passage["_id"], source)


def _of_help(folder: Path, source: str) -> Iterator[Pair]:
    """The sentences of the answers to questions about help pages, beside the pages that answer."""
    documents = {row["_id"]: row for row in _rows(folder / "corpus.jsonl")}
    pages: dict[str, list[str]] = {}
    for line in (folder / "qrels.tsv").read_text("utf-8").splitlines()[1:]:
        query, document, _ = line.split("\t")
        pages.setdefault(query, []).append(document)
    for row in _rows(folder / "queries.jsonl"):
        named = pages.get(row["_id"], [])
        passage = "\n\n".join(documents[id]["text"] for id in named)
        if not named or len(passage) > 4000:
            continue
        text = " ".join(str(row["metadata"]["answer"]).split())
        for span in sentences(text):
            claim = text[slice(*span)]
            if len(claim.split()) >= 6:
                yield Pair(claim, passage, " ".join(documents[id]["title"] for id in named), named[0], source)


def _of_spans(folder: Path, source: str) -> Iterator[Pair]:
    """Questions whose answer is a span of a document, turned into statements."""
    documents = {row["_id"]: row for row in _rows(folder / "corpus.jsonl")}
    evidence = {row["query_id"]: row for row in _rows(folder / "evidence.jsonl")}
    for row in _rows(folder / "queries.jsonl"):
        found = evidence.get(row["_id"])
        if found is None or not row["metadata"].get("answers"):
            continue
        said = statement(row["text"], row["metadata"]["answers"][0])
        if not said:
            continue
        document = documents[found["doc_id"]]
        text = document["text"]
        whole = [s for s in sentences(text) if s[1] > found["start"] - _AROUND and s[0] < found["end"] + _AROUND]
        yield Pair(said, text[whole[0][0] : whole[-1][1]], document["title"], document["_id"].replace("_", " "), source)


def statement(question: str, answer: str) -> str:
    """A question with its answer as a statement; empty where no rule turns it."""
    asked = " ".join(question.split()).rstrip("? ")
    answer = " ".join(answer.split()).strip(" .,;")
    if len(answer.split()) > 12 or len(asked.split()) < 5:
        return ""
    if match := _BE.match(asked):
        said = f"{answer} {match[1]} {match[2]}"
    elif match := _PLACE_OR_TIME.match(asked):
        verb = "" if match[1].lower() in ("did", "do", "does") else f" {match[1]}"
        words = match[2].split()
        joint = "" if re.match(r"(?:in|on|at|by|from|to|during|since)\b", answer, re.IGNORECASE) else "in "
        said = f"{' '.join(words)}{verb} {joint}{answer}"
    elif match := _COUNT.match(asked):
        said = f"{answer} {match[1]}"
    elif match := _SUBJECT.match(asked):
        said = f"{answer} {match[1]} {match[2]}"
    else:
        return ""
    return said[0].upper() + said[1:] + "."


# --- Claims that are not supported --------------------------------------------------------------------------------


def _changed(pair: Pair, kind: str, others: Sequence[Pair], drawn: random.Random) -> Pair | None:
    """The pair changed in this way; None where the claim has nothing to change."""
    if kind in ("same document", "other document"):
        return _beside_another(pair, others, drawn, same=kind == "same document")
    changed = {"number": _other_number, "date": _other_date, "name": _other_name, "negation": _negated}[kind](
        pair, others, drawn
    )
    return replace(pair, claim=changed) if changed and changed != pair.claim else None


def _beside_another(pair: Pair, others: Sequence[Pair], drawn: random.Random, *, same: bool) -> Pair | None:
    for _ in range(400):
        other = drawn.choice(others)
        if (
            other.source == pair.source
            and (other.group == pair.group) == same
            and not _overlap(pair.passage, other.passage)
        ):
            return replace(pair, passage=other.passage, title=other.title)
    return None


def _overlap(first: str, second: str) -> bool:
    return any(first[slice(*span)] in second for span in sentences(first))


def _other_number(pair: Pair, others: Sequence[Pair], drawn: random.Random) -> str:
    found = [m for m in _NUMBER.finditer(pair.claim) if not _YEAR.fullmatch(m[0])]
    if not found:
        return ""
    match = drawn.choice(found)
    inside = [m[0] for m in _NUMBER.finditer(pair.passage) if m[0] not in pair.claim and not _YEAR.fullmatch(m[0])]
    value = float(match[0].replace(",", ""))
    new = (
        drawn.choice(inside)
        if inside and drawn.random() < 0.5
        else f"{round(value * drawn.choice((0.5, 0.8, 1.5, 3)) + 1):,}"
    )
    return pair.claim[: match.start()] + new + pair.claim[match.end() :] if new not in pair.claim else ""


def _other_date(pair: Pair, others: Sequence[Pair], drawn: random.Random) -> str:
    found = [*_YEAR.finditer(pair.claim), *_MONTH.finditer(pair.claim)]
    if not found:
        return ""
    match = drawn.choice(found)
    if match[0] in _MONTHS:
        new = drawn.choice([month for month in _MONTHS if month != match[0]])
    else:
        inside = [m[0] for m in _YEAR.finditer(pair.passage) if m[0] not in pair.claim]
        new = (
            drawn.choice(inside)
            if inside and drawn.random() < 0.5
            else str(int(match[0]) + drawn.choice((-30, -7, -1, 1, 4, 12)))
        )
    return pair.claim[: match.start()] + new + pair.claim[match.end() :]


def _other_name(pair: Pair, others: Sequence[Pair], drawn: random.Random) -> str:
    names = set(facts_of(pair.claim).names)
    found = [m for m in _NAME.finditer(pair.claim) if names & set(m[0].split())]
    if not found:
        return ""
    match = drawn.choice(found)
    place = pair.passage if drawn.random() < 0.5 else drawn.choice(others).passage
    known = [
        m[0]
        for m in _NAME.finditer(place)
        if m[0] not in pair.claim and not set(m[0].split()) & names and m[0].split()[0] not in _MONTHS
    ]
    return pair.claim[: match.start()] + drawn.choice(known) + pair.claim[match.end() :] if known else ""


def _negated(pair: Pair, others: Sequence[Pair], drawn: random.Random) -> str:
    if re.search(r"\b(?:not|never)\b", pair.claim):
        return re.sub(r"\b(?:not|never) ?", "", pair.claim, count=1)
    match = _AUXILIARY.search(pair.claim)
    if match:
        return f"{pair.claim[: match.end()]} not{pair.claim[match.end() :]}"
    return ""
