"""A question in, whether the best passages are enough for it out: some ask for all that the documents say.

A list, a count, a summary or a comparison is only as good as what was read for it. The few best passages are chosen to
answer a question of fact; here everything in scope has to be read.
"""

from __future__ import annotations

import re
from typing import Literal

Breadth = Literal["", "list", "count", "account"]
"""What a question asks of all passages: items, a number, an account of them (a summary, a comparison); "" asks for a fact."""

_COUNT = re.compile(
    r"\bhow (?:many|often)\b(?=.*\b(?:documents?|files?|contracts?|agreements?|reports?|letters?|e-?mails?|invoices?|papers?"
    r"|articles?|times|passages?|mention\w*|different|in (?:total|all)|altogether|of (?:these|them|the|my|our))\b)"
    r"|\bhow often\b|^\W*count\b|\b(?:the )?(?:total )?number of (?:all|different|documents|contracts|times)\b"
    r"|\bwie (?:oft|viele (?:dokumente|verträge|briefe|berichte|dateien))\b|^\W*zähl\w*\b"
    r"|\bcombien de (?:fois|documents|contrats)\b"
    r"|\bcuánt[oa]s (?:veces|documentos|contratos)\b|\bquante (?:volte)\b|\bhoeveel keer\b",
    re.IGNORECASE,
)
_LIST = re.compile(
    r"^\W*(?:please )?(?:list|enumerate|name all|find all|show all|give me (?:a list|all))\b|\blist (?:of )?(?:all|every)\b"
    r"|\b(?:what|which|who) are all\b"
    r"|\b(?:all|every|each) (?:of )?(?:the |my |our |these )?"
    r"(?:\w+ ){0,2}(?:that|which|who|where|with|in which"
    r"|mention\w*)\b"
    r"|\bwhich (?:of (?:the|my|our|these) )?(?:documents|files|contracts|agreements|reports|letters|e-?mails"
    r"|invoices|papers|articles)\b"
    r"|^\W*(?:liste|zähle .* auf|nenne (?:mir )?alle|finde alle)\b|\balle \w+,? (?:die|in denen|mit)\b"
    r"|\bwelche (?:dokumente|verträge|briefe|berichte|dateien)\b"
    r"|^\W*(?:énumère|énumérez|dresse\w*|listez?|trouve\w* tous)\b"
    r"|\btous les \w+ (?:qui|où|avec)\b|\bquels (?:documents|contrats)\b"
    r"|^\W*(?:enumera|lista|haz una lista)\b"
    r"|\btod[oa]s (?:los|las) \w+ (?:que|con)\b"
    r"|^\W*(?:elenca|elencare)\b|^\W*(?:som .* op|noem alle)\b"
    r"|列出|列举|列挙|一覧|перечисл\w+",
    re.IGNORECASE,
)
_ACCOUNT = re.compile(
    r"\b(?:summari[sz]e\w*|summary|overview|main (?:points|topics|themes)"
    r"|recurring|in general|what (?:are|is) (?:these|the|my) (?:documents|files) about)\b"
    r"|\b(?:compare|comparison|contrast|differences? between|in common|across (?:all|the|my|these))\b"
    r"|\b(?:fasse? \b.*\bzusammen|zusammenfassung|überblick|vergleich\w*|unterschiede? zwischen)\b"
    r"|\b(?:résum\w+|synthèse|vue d['’]ensemble|compar\w+|différences? entre)\b"
    r"|\b(?:resum\w+|visión general|diferencias? entre"
    r"|riassum\w+|panoramica|confront\w+|differenz\w+ tra|samenvat\w*|vergelijk\w*|overzicht)\b"
    r"|总结|概述|要約|まとめ|比较|比較|обобщ\w+|сравн\w+",
    re.IGNORECASE,
)
_ASKING = re.compile(
    r"\b(?:please|list|enumerate|name|find|show|give|count|how|many|often|number|total|all|every|each|summari[sz]\w*|summary|overview"
    r"|main|points?|topics?|themes?|compare[sd]?|comparison|contrast|differences?|between|across|documents?|files?|passages?|mention\w*"
    r"|say|about|contain\w*|different|recurring|general|times|altogether"
    r"|liste|nenne|finde|alle|allen|zähle?|fasse|zusammen\w*|überblick|vergleich\w*|unterschiede?|zwischen|dokumente?n?|wie|viele|oft"
    r"|énumère|dresse|tous|toutes|résum\w+|synthèse|compar\w+|différences?|entre|combien|fois|liste[rz]?"
    r"|enumera|lista|todos|todas|resum\w+|diferencias?|cuántos|cuántas|veces|documentos?)\b",
    re.IGNORECASE,
)


def breadth(question: str) -> Breadth:
    """What a question asks of all passages in scope; "" where the best few will do."""
    if _COUNT.search(question):
        return "count"
    if _LIST.search(question):
        return "list"
    return "account" if _ACCOUNT.search(question) else ""


def subject(question: str) -> str:
    """The question without the words that only ask for a list, a count, a summary or a comparison; may be empty."""
    return " ".join(_ASKING.sub(" ", question).split()).strip(" ?!.,:;")
