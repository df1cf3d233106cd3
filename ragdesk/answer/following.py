"""A question and the turns before it in, the question as it stands alone out: what is searched for and answered.

"And in 2019?" finds nothing by itself. Whether a question leans on what was said before is told by its words, without a
model; what it leaves out is put in by the language model where there is one, else the topic words of the question before
are carried over. What really was asked is shown beside the answer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from ragdesk.domain import Turn
from ragdesk.library import terms, words
from ragdesk.library.languages import DEFAULT, STOP_WORDS
from ragdesk.library.library import Library
from ragdesk.library.query import Asked, Word, ask, words_in

_MOST_TOPIC_WORDS = 6
_MOST_NAMES = 2
_MOST_WORDS = 60
_MOST_CHARACTERS = 400
_COMMON = 0.05
"""A word in more of the passages than this share says little about what is meant."""
_SELDOM = 2
_ANTECEDENT_WORDS = 3
"""So many words of its own before a pronoun, one less before "their", and the pronoun stands for one of them."""
_SHORT = 4


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _any(text: str) -> str:
    return "|".join(sorted(map(re.escape, text.split()), key=len, reverse=True))


_PRONOUNS = re.compile(
    r"\b(?:"
    + _any(
        # English, German, French, Spanish, Italian, Portuguese, Dutch, Scandinavian, Polish, Russian, Arabic
        """he she it they him her hers his its them their theirs these those
        ihm ihn ihre ihren ihrem ihrer dessen deren dieser dieses diesem diesen diese jener jenes jenem jenen davon dafür
        dabei darin dazu daran darüber
        ils elle elles lui leur leurs celui-ci celle-ci ceux-ci celles-ci cela celui celle ceux celles
        él ella ellos ellas eso esto aquello este estos éste ésta éstos aquel aquella ahí allí suyo suya
        loro esso essa essi questo questa quello quella
        ele ela eles elas isso isto aquilo dele deles delas nele nela
        hij zij hem hun daarvan daarvoor daarmee daarin
        hon honom hennes denna detta dessa hende hendes denne dette
        ona oni jego jej tego
        он она оно они его её ее их ему ей им нём нем этот эта это эти этого этой там
        هو هي هم هذا هذه ذلك تلك هؤلاء"""
    )
    + r")\b",
    re.IGNORECASE,
)
"""What stands for something said before. Left out are words that mostly do something else, such as German `es` and `sie`."""

_PRONOUNS_OF = {
    language: re.compile(rf"\b(?:{_any(own)})\b", re.IGNORECASE)
    for language, own in {
        **{"de": "er ihr seine seinen seinem seiner dort", "fr": "il", "it": "lei", "nl": "dit", "pl": "on ich tym"},
        **{"sv": "han hans", "da": "han hans ham disse", "no": "han hans ham disse"},
    }.items()
}
"""Those that are words of another kind in other languages: they count where the question is in their own."""

_SHE_OR_THEY = re.compile(r"(?<=\s)sie\b(?![-\w])")  # German, but not the polite Sie
_NO_PRONOUN = re.compile(
    r"\bit (?:takes?|took|costs?|needs?|is|was|be|rain\w*|snow\w*)\b"
    r" (?:(?:long|possible|allowed|legal|true|necessary|permitted) )*(?:to|that|for|when|if)\b"
    r"|\b(?:is|was|does|did|will|would) it (?:possible|allowed|legal|true|necessary|permitted|take)\b"
    r"|\b(?:this|these|diese[smnr]?|cet?|este|questo|dit)"
    r" (?:documents?|files?|librar\w+|collections?|folders?|dokumente?s?)\b"
    r"|\bil (?:y a|faut)\b|\b(?:est-ce qu|y a-t-)il\b|\bthat's it\b",
    re.IGNORECASE,
)
_POINTING = re.compile(
    r"\b(?:the|which|that|this|another|other|first|second|last|next|old|new) (?:other |first |second |last |next )?ones?\b"
    r"|\bthe (?:others?|former|latter|same|rest)\b\s*(?:[?.!,]|$)|\bthe (?:same|other) \w+"
    r"|\b(?:does|did|do|can|will|would|should) (?:that|this)\b"
    r"|\b(?:gilt|ist|war|kann|muss|darf|hat) das\b|\bc['’](?:est|était)\b"
    r"|\b(?:is|was|about|of|for|after|before|since) (?:that|this)\b\s*(?:[?.!,]|$|\w+[?.!])"
    r"|\b(?:that|this)\s*[?.!]*\s*$|(?<!is )(?<!are )(?<!was )(?<!were )(?<!'s )\bthere\s*[?.!]*\s*$"
    r"|\b(?:der|die|das|den|dem) (?:andere|zweite|erste|letzte|gleiche)n?\b|\b(?:derselbe|dieselbe|dasselbe)n?\b"
    r"|\bl['’]autre\b|\bles autres\b|\b(?:el|la|los|las) otr[oa]s?\b|\b(?:l['’]altr[oa]|gli altri)\b|\b(?:de|het) andere\b"
    r"|^\W*any (?:\w+ )?\w+\s*\?|\b(?:more|else|further|then|weitere|mehr|sonst|d['’]autres|más|altro|mais|meer)\b\s*[?.!]*\s*$",
    re.IGNORECASE,
)
_ASKS_ABOUT = re.compile(
    r"^\W*(?:(?:and|but|und|aber|et|mais|y|e|ma|mas|en|maar|och|men|og|а|и|но)\b,?\s+)?(?:(?:what|how) about\b"
    r"|was ist mit\b|wie (?:steht|sieht) es\b|(?:qu['’]en est-il|et pour|et si)\b|qué (?:hay|pasa)\b|che ne è\b|e quanto a\b"
    r"|en quanto a|e o que dizer|hoe zit het\b|wat met\b|hur är det med|что насчёт|что насчет|как насчёт|как насчет|ماذا عن)",
    re.IGNORECASE,
)
_GOES_ON = re.compile(
    r"^\W*(?:and|but|or|so|also|then|und|aber|oder|auch|et|mais|ou|donc|y|pero|o|e|ma|mas|en|maar|of|och|men|og|eller|a|ale"
    r"|и|а|но|или|و|لكن)\b|^\W*(?:でも|では|じゃあ|それでは|那么|那麼|那|그럼|그러면)",
    re.IGNORECASE,
)
_BEGINS_BARE = re.compile(
    r"^\W*(?:(?:and|und|et|y|e|en)\s+)?(?:in|on|at|for|with|without|by|from|of|during|after|before|since|until|per|under|over|the"
    r"|im|am|bei|mit|ohne|für|von|nach|vor|seit|bis|zu|ab|der|die|das|dans|pour|avec|sans|de|du|des|à|au|aux|après|avant"
    r"|depuis|chez|le|la|les|para|con|sin|del|después|antes|desde|hasta|por|el|los|las|nel|nella|senza|di|dopo|prima|dal|il"
    r"|em|no|na|com|sem|do|da|depois|op|met|zonder|voor|van|na|sinds|het|i|på|med|för|w|z|в|на|для|с|без|по|после|до)\s",
    re.IGNORECASE,
)
_EASTERN = re.compile(r"[它他她]|呢\s*[?？]?\s*$|[这這那][个個些位]|それ|その|彼|これらは|그것|그는|그녀|그들")
_WHO = re.compile(
    r"\b(?:he|she|him|her|his|they|er|ihm|ihn|sie|il|elle|lui|él|ella|ele|ela|hij|zij|hon|он|она)\b", re.I
)
_WHOSE = re.compile("his|her|its|their|ihre[nmr]?|seine[nmr]?|leurs?", re.IGNORECASE)
_NAME = re.compile(r"(?<=[a-zà-öø-ÿ,0-9] )[A-ZÀ-Ý][\w’'-]+(?: [A-ZÀ-Ý][\w’'-]+)*")
_HAN_RUN = re.compile("[\u30a0-\u30ff\u4e00-\u9fff]{2,}|[\uac00-\ud7a3]{2,}")
_QUESTION_MARKS = ("?", "？", "؟")
_END_MARKS = "?？؟.!"
_LEAD = re.compile(r"^(?:[-*•>#]+\s+|\d+[.)]\s+|(?:the |standalone |rewritten |last )*(?:question|frage)\s*:\s*)", re.I)
_QUOTES = "\"'“”„«»‘’`*_ "


def standalone(
    question: str, history: Sequence[Turn], library: Library, *, rewrite: Callable[[str], str] | None = None
) -> str:
    """The question, with what it leaves out where it leans on the turns before it, of which the last is the latest.

    `rewrite` has a language model say it; what it says is kept only where it is the same question (see `kept`).
    """
    if not history:
        return question
    languages = words.languages(library.reading)
    asked = ask(question, languages)
    if not leans(question, asked, own_words(asked, library)):
        return question
    said = kept(rewrite(question), question, history, languages) if rewrite is not None else ""
    return said or carried_over(question, history[-1], library)


def leans(question: str, asked: Asked, own: Sequence[Word]) -> bool:
    """Whether a question cannot be understood without what was said before; `own` are its words that tell what it is about.

    By its form: it asks "what about", has a pronoun and nothing before it that this could stand for, points at "the other
    one", goes on with "and" and little else, or is short and has no words of its own.
    """
    plain = _NO_PRONOUN.sub(" ", question)
    if _ASKS_ABOUT.match(plain) or _EASTERN.search(plain):
        return True
    pronouns = [_PRONOUNS, _SHE_OR_THEY, _POINTING]
    pronouns += [_PRONOUNS_OF[asked.language]] if asked.language in _PRONOUNS_OF else []
    for match in (match for pattern in pronouns for match in pattern.finditer(plain)):
        least = _ANTECEDENT_WORDS - bool(_WHOSE.fullmatch(match[0]))
        if not _has_antecedent(plain[: match.start()], asked, least):
            return True
    length = len(terms.tokens(question))
    if not own and length <= 2 * _SHORT:
        return True
    if _GOES_ON.match(plain) and len(own) <= 2:
        return True
    return bool(_BEGINS_BARE.match(plain)) and length <= _SHORT and question.rstrip().endswith(("?", "？", "؟"))


def own_words(asked: Asked, library: Library) -> list[Word]:
    """The words of a question that tell what it is about: neither numbers nor words that many passages hold."""
    passages = max(library.counts()[1], 1)
    counted = words.frequencies(library.reading, asked)
    found = []
    for word in _content(asked):
        held = min(passages, sum(counted[form] for form in word.forms))
        if held <= max(_SELDOM, _COMMON * passages):
            found.append(word)
    return found


def carried_over(question: str, last: Turn, library: Library) -> str:
    """The question with the topic words of the last turn behind it, in brackets.

    A number of the question takes the place of those of the last one. Where it asks about a person, the names in the last
    answer come along.
    """
    before = ask(last.asked_as or last.question, words.languages(library.reading))
    has_number = any(character.isdigit() for character in question)
    here = {term.casefold() for term in terms.tokens(question)}
    held = words_in(question, before)
    rarity = words.rarity(library.reading, before)
    unspaced = _HAN_RUN.findall(last.asked_as or last.question)
    candidates = [
        word
        for word in (() if unspaced else _content(before, numbers=True))
        if word not in held
        and not (has_number and any(character.isdigit() for character in word.typed))
        and not _PRONOUNS.fullmatch(word.typed)
    ]
    best = sorted(candidates, key=lambda word: -rarity.get(word, 0.0))[:_MOST_TOPIC_WORDS]
    topic = [word.typed for word in candidates if word in best] + unspaced[:_MOST_TOPIC_WORDS]
    if last.answered and _WHO.search(question):
        names = dict.fromkeys(name for name in _NAME.findall(last.answer) if name.casefold() not in here)
        said = " ".join(topic)
        topic += [name for name in list(names)[:_MOST_NAMES] if name not in said]
    if not topic:
        return question
    marks = _end_marks(question)
    return f"{question.rstrip().removesuffix(marks).rstrip()} ({' '.join(topic)}){marks}"


def _end_marks(question: str) -> str:
    """The marks that a question ends with."""
    stripped = question.rstrip()
    return stripped[len(stripped.rstrip(_END_MARKS)) :]


def kept(said: str, question: str, history: Sequence[Turn], languages: Sequence[str]) -> str:
    """What a model made of the question as one line; empty where it is another question than the one that was asked.

    It must hold the words of the question but those that stand for others, be a question where that is one, and name and
    number nothing that was not said.
    """
    line = next((stripped for line in said.splitlines() if (stripped := line.strip())), "")
    line = _LEAD.sub("", " ".join(line.split()).strip(_QUOTES)).strip(_QUOTES)
    if not line or len(line) > _MOST_CHARACTERS or len(line.split()) > _MOST_WORDS:
        return ""
    if _end_marks(question).startswith(_QUESTION_MARKS) and not line.endswith(_QUESTION_MARKS):
        return ""
    asked = ask(question, languages)
    stays = {word for word in _content(asked, numbers=True) if not _PRONOUNS.fullmatch(word.typed)}
    if not stays <= words_in(line, asked):
        return ""
    known = " ".join([question, *(text for turn in history for text in (turn.question, turn.asked_as, turn.answer))])
    heard = {token.casefold() for token in terms.tokens(known)}
    for place, token in enumerate(terms.tokens(line)):
        telling = any(character.isdigit() for character in token) or (place and token[:1].isupper())
        if telling and token.casefold() not in heard:
            return ""
    return line


def _content(asked: Asked, *, numbers: bool = False) -> list[Word]:
    """The words of a question but stop words, of its language and of English, and what opens a follow-up."""
    stop = STOP_WORDS.get(asked.language, frozenset()) | STOP_WORDS[DEFAULT]
    return [
        word
        for word in asked.words
        if word.weight == 1
        and word.typed.casefold() not in stop
        and word.typed.casefold() not in _EMPTY
        and (numbers or not word.typed.isdigit())
    ]


_EMPTY = _words(
    """many much long old far often big high large exactly precisely more else again another other others one ones same
    first second last next kind come know happen happened happens page pages tell say says mean means please explain
    elaborate detail details example examples yes ok okay thanks too then only really sure genau mehr weitere noch andere
    anderen zweite erste letzte viel viele lange alt oft beispiel beispiele bitte warum weshalb plus encore autre autres
    exemple exemples combien más otro otra otros otras ejemplo cuánto meer andere voorbeeld altro altri esempio mais outro
    outra exemplo"""
)
"""Words that say nothing of what is asked about, though no stop words."""


def _has_antecedent(before: str, asked: Asked, least: int) -> bool:
    """Whether something before a pronoun can be what it stands for: a name, or several words that tell something."""
    tokens = terms.tokens(before)
    if any(token[:1].isupper() and not token.isupper() for token in tokens[1:]):
        return True
    content = {word.typed for word in _content(asked)}
    return sum(token in content for token in tokens) >= least
