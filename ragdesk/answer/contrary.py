"""Two texts that speak of the same in, whether one denies what the other says out: by a negation, or by an opposite.

"Fishing boats pay nothing" against "fishing boats pay", "before" against "after", "illegal" against "legal". Words are
compared by their stems. English foremost; negations also of German, French, Spanish and Italian.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ragdesk.library.languages import STOP_WORDS
from ragdesk.library.terms import fold, stem

_NEGATIONS_TEXT = """
    not no never none nobody nothing neither nor without cannot hardly nowhere
    nicht kein keine keinen keinem keiner keines nie niemals nichts niemand ohne
    pas jamais aucun aucune sans rien
    nunca ningún ninguna sin nadie
    non mai senza nessun nessuna
"""
_NEGATIONS = frozenset(_NEGATIONS_TEXT.split())
_CONTRACTED = re.compile(r"n['\u2019]t\b", re.IGNORECASE)
_FAILING = re.compile(
    r"\b(?:fail(?:s|ed|ing)? to|unable to|refus(?:e|es|ed|ing) to|lack(?:s|ed|ing)?|rather than|instead of)\b"
)
_EMPTY = re.compile(
    r"\b(?:not only|no longer than|no later than|no more than|no fewer than|no less than|whether or not)\b"
)
_SCOPE = 3
"""So many telling words after a negation are what it denies."""

_WORD = re.compile(r"[^\W_]+(?:['\u2019][^\W\d_]+)?|[.,;:!?()]")
_PREFIXES = ("un", "in", "im", "il", "ir", "dis", "non", "mis", "de", "anti")

_OPPOSITES_TEXT = """
    increase/decrease  rise/fall  more/less  more/fewer  before/after  above/below  over/under  higher/lower
    high/low  first/last  maximum/minimum  most/least  largest/smallest  greatest/least  biggest/smallest
    large/small  big/small  great/small  long/short  longest/shortest  old/young  oldest/youngest  older/younger
    old/new  oldest/newest  early/late  earlier/later  earliest/latest  fast/slow  fastest/slowest  always/never
    allow/prohibit  permit/prohibit  allow/forbid  allow/prevent  include/exclude  accept/reject  accept/refuse
    win/lose  won/lost  buy/sell  begin/end  start/end  start/stop  begin/finish  open/close  opened/closed
    enter/leave  arrive/leave  join/leave  north/south  east/west  northern/southern  eastern/western  left/right
    up/down  inside/outside  internal/external  inner/outer  male/female  men/women  man/woman  father/mother
    son/daughter  brother/sister  king/queen  husband/wife  boy/girl  public/private  positive/negative
    success/failure  succeed/fail  victory/defeat  strong/weak  stronger/weaker  strength/weakness  easy/difficult
    easy/hard  simple/complex  simplicity/complexity  simplicity/difficulty  light/dark  hot/cold  warm/cool
    warm/cold  heat/cold  rich/poor  wealthy/poor  near/far  closest/farthest  wide/narrow  thick/thin  full/empty
    alive/dead  birth/death  born/died  friend/enemy  love/hate  peace/war  attack/defend  offence/defence
    offensive/defensive  agree/disagree  support/oppose  for/against  gain/lose  gain/loss  profit/loss
    create/destroy  build/destroy  improve/worsen  better/worse  best/worst  good/bad  good/evil  true/false
    correct/wrong  right/wrong  safe/dangerous  common/rare  frequent/rare  usual/rare  ordinary/extraordinary
    general/specific  modern/ancient  natural/artificial  rural/urban  urban/suburban  solid/liquid  major/minor
    majority/minority  everyone/nobody  everything/nothing  all/none  both/neither  some/none  present/absent
    remember/forget  teach/learn  give/take  give/receive  send/receive  push/pull  import/export  upper/lower
    top/bottom  front/back  forward/backward  horizontal/vertical  parallel/perpendicular  summer/winter
    spring/autumn  day/night  morning/evening  sunrise/sunset  past/future  ancestor/descendant  parent/child
    teacher/student  employer/employee  buyer/seller  landlord/tenant  lessor/lessee  licensor/licensee
    borrower/lender  plaintiff/defendant  optional/mandatory  voluntary/mandatory  optional/required
    expand/contract  expand/shrink  grow/shrink  growth/decline  increase/decline  increase/reduce  raise/lower
    raise/reduce  accelerate/slow  add/remove  add/subtract  multiply/divide  ally/enemy  guilty/innocent
    conservative/liberal  democratic/authoritarian  capitalist/communist  civilian/military  domestic/foreign
    direct/indirect  active/passive  permanent/temporary  temporary/lasting  constant/variable  finite/infinite
    limited/unlimited  single/multiple  single/double  exclusive/nonexclusive  revocable/irrevocable
    abstract/concrete  theory/practice  cause/prevent  encourage/discourage  help/hinder  ignore/consider
    deny/confirm  deny/admit  deny/grant  hire/fire  appoint/dismiss  demand/supply  shallow/deep  heavy/light
    loud/quiet  dry/wet  clean/dirty  clear/vague  follow/precede  followed/preceded  follow/lead  lead/trail
    unite/divide  united/divided  merge/split  attract/repel  absorb/emit  float/sink  even/odd  plus/minus
    real/imaginary  prime/composite  quantitative/qualitative  deterministic/nondeterministic
"""


def _opposites() -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for pair in _OPPOSITES_TEXT.split():
        first, second = (stem(word, "en") for word in pair.split("/"))
        if first != second:
            found.setdefault(first, set()).add(second)
            found.setdefault(second, set()).add(first)
    return {word: frozenset(others) for word, others in found.items()}


_OPPOSITES = _opposites()
_NONE: frozenset[str] = frozenset()
_TELLS_NOTHING = frozenset().union(*STOP_WORDS.values()) - _NEGATIONS


class Said:
    """A text as it is compared: the stems of its telling words, and of those that it denies."""

    __slots__ = ("as_written", "denied", "negations", "words")

    def __init__(self, text: str) -> None:
        text = _EMPTY.sub(" ", _CONTRACTED.sub(" not ", text))
        text = _FAILING.sub(" not ", text)
        self.words: set[str] = set()
        self.as_written: dict[str, str] = {}
        self.denied: set[str] = set()
        self.negations = 0
        left = 0
        for word in _words(text):
            if not word:
                left = 0
            elif word in _NEGATIONS:
                self.negations += 1
                left = _SCOPE
            elif word not in _TELLS_NOTHING:
                stemmed = stem(word, "en")
                self.words.add(stemmed)
                self.as_written.setdefault(stemmed, word)
                if left:
                    self.denied.add(stemmed)
                    left -= 1

    @property
    def asserted(self) -> set[str]:
        """What it does not deny."""
        return self.words - self.denied


def contrary(claim: Said, passage: Said) -> str:
    """The word of the claim that a passage denies or says the opposite of; empty where there is none."""
    for word in sorted((claim.denied & passage.asserted) | (claim.asserted & passage.denied)):
        return claim.as_written[word]
    spoken = set(passage.as_written.values()) - set(claim.as_written.values())
    for word in sorted(claim.words - passage.words):
        if word in opposites(claim, passage) or _is_prefixed(claim.as_written[word], spoken):
            return claim.as_written[word]
    return ""


def opposites(claim: Said, passage: Said) -> set[str]:
    """The stems of the claim for which a passage has the opposite instead."""
    new = passage.words - claim.words
    return {word for word in claim.words - passage.words if _OPPOSITES.get(word, _NONE) & new}


def _is_prefixed(word: str, others: set[str]) -> bool:
    """Whether one of the others is this word denied by a prefix, or the other way round: legal and illegal."""
    return any(
        (len(word) >= 4 and prefix + word in others)
        or (word.startswith(prefix) and len(word) - len(prefix) >= 4 and word[len(prefix) :] in others)
        for prefix in _PREFIXES
    )


def _words(text: str) -> Iterator[str]:
    """Words in lower case and folded; empty where a clause ends."""
    for match in _WORD.finditer(text):
        yield fold(match[0]) if match[0][0].isalnum() else ""
