"""All language models that one can choose: those here, those begun, those of the catalogue; each with fit and speed here."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ragdesk.errors import RagDeskError
from ragdesk.models.catalogue import ModelFile, model_files
from ragdesk.models.chat_models import MODELS, KnownModel, known_chat_model
from ragdesk.models.fit import Fit, Machine, Speed, fit, guessed_speed
from ragdesk.models.gguf_file import GgufHead, read_gguf_head
from ragdesk.models.model_download import Unfinished, unfinished
from ragdesk.models.model_records import ModelRecord, model_record

_PROMPT_TOKENS = 1500
_WORDS = 0.75
"""Words in a token, about."""
_BYTES_PER_WEIGHT = 0.6
_READS, _WRITES = 30.0, 5.0
"""Tokens a second from which on waiting for a model is bearable."""
_SLOW_READS, _SLOW_WRITES = 12.5, 1.5
"""Tokens a second below which it is not: two minutes until the answer begins, a word a second."""
_NOTHING = ModelRecord()


@dataclass(frozen=True, slots=True)
class Offer:
    """A model to choose. `file` is None where it is not here, `begun` where no download of it was begun.

    `trouble` is why a file that is here cannot be used. `speed` is None where nothing can be said.
    """

    name: str
    known: KnownModel | None = None
    file: ModelFile | None = None
    begun: Unfinished | None = None
    record: ModelRecord = _NOTHING
    size_bytes: int = 0
    context_tokens: int = 0
    fit: Fit | None = None
    speed: Speed | None = None
    trouble: str = ""
    recommended: bool = False

    @property
    def named(self) -> str:
        """What the commands take for it: the path of a file that is here, else what to download."""
        if self.file is not None:
            return str(self.file.path)
        if self.known is not None:
            return self.known.file.removesuffix(".gguf")
        return self.begun.named if self.begun is not None else self.name

    @property
    def state(self) -> str:
        """`here`, `partly` or `absent`."""
        return "here" if self.file is not None else "partly" if self.begun is not None else "absent"

    @property
    def is_slow(self) -> bool:
        """Whether it fits, but one would wait long for its answers."""
        if self.speed is None or self.fit is None:
            return False
        return self.speed.writes < _SLOW_WRITES or 0 < self.speed.reads < _SLOW_READS

    @property
    def fit_in_words(self) -> str:
        """Whether it fits and is quick enough; "" where nothing is known."""
        fits = str(self.fit) if self.fit is not None else ""
        if not fits or self.fit is None or not self.is_slow:
            return fits
        return f"{fits}, {'but' if self.fit.level == 'well' else 'and'} slow here"

    @property
    def speed_in_words(self) -> str:
        """How long one waits for an answer, "" where nothing can be said."""
        if self.speed is None:
            return ""
        words, wait_s = self.speed.writes * _WORDS, _PROMPT_TOKENS / self.speed.reads if self.speed.reads else 0.0
        often = f"about {words:.0f} words" if words >= 1.5 else "a word" if words >= 0.75 else "less than a word"
        begins = f", begins after {_seconds(wait_s)}" if wait_s else ""
        return f"Writes {often} a second{begins} ({'measured' if self.speed.measured else 'estimated'})"


def offers(machine: Machine, *, context_tokens: int) -> list[Offer]:
    """Models here first, then those begun, then the rest of the catalogue, the recommended one before the others.

    Reads the heads of the files that are here. The one recommended is the best of the catalogue that fits well and is not
    slow.
    """
    files = model_files()
    begun = {known.file if (known := known_chat_model(u.named)) else u.named: u for u in unfinished()}
    here = [_of_file(file, machine, context_tokens) for file in files]
    known_here = {offer.known for offer in here}
    catalogue = [_of_known(known, machine, context_tokens) for known in MODELS]
    absent = [
        replace(o, begun=begun.pop(o.known.file, None)) for o in catalogue if o.known and o.known not in known_here
    ]
    own = [
        Offer(u.named.rpartition("/")[2].removesuffix(".gguf"), begun=u, size_bytes=u.total_bytes)
        for u in begun.values()
        if known_chat_model(u.named) is None
    ]
    best = _best([o for o in [*here, *absent] if o.known is not None])
    found = [replace(o, recommended=o.known is not None and o.known is best) for o in [*here, *own, *absent]]
    return sorted(
        found, key=lambda o: (o.file is None, o.begun is None, o.file is None and not o.recommended, _order(o))
    )


def _of_known(known: KnownModel, machine: Machine, context_tokens: int) -> Offer:
    context_tokens = min(context_tokens, known.context_tokens)
    fits = fit(
        machine,
        size_bytes=known.size_bytes,
        kv_bytes_per_token=known.kv_bytes_per_token,
        context_tokens=context_tokens,
    )
    return Offer(
        known.name,
        known,
        size_bytes=known.size_bytes,
        context_tokens=known.context_tokens,
        fit=fits,
        speed=_guess(machine, fits, known.size_bytes, known.parameters, known.active_parameters),
    )


def _of_file(file: ModelFile, machine: Machine, context_tokens: int) -> Offer:
    known, record = file.known, model_record(file.path)
    name = known.name if known is not None else file.name
    try:
        head: GgufHead = read_gguf_head(file.path)
    except RagDeskError as error:
        return Offer(
            name, known, file, record=record, size_bytes=file.size_bytes, trouble=f"{error.message}. {error.hint}."
        )
    fits = fit(
        machine,
        size_bytes=head.size_bytes,
        kv_bytes_per_token=head.kv_bytes_per_token,
        context_tokens=min(context_tokens, head.context_tokens or context_tokens),
    )
    weights = head.size_bytes / _BYTES_PER_WEIGHT / 1e9
    speed = _guess(
        machine,
        fits,
        head.size_bytes,
        known.parameters if known is not None else weights,
        known.active_parameters if known is not None else weights,
    )
    if record.writes:
        speed = Speed(record.reads, record.writes, measured=True)
    return Offer(
        name,
        known,
        file,
        record=record,
        size_bytes=file.size_bytes,
        context_tokens=head.context_tokens,
        fit=fits,
        speed=speed,
    )


def _guess(machine: Machine, fits: Fit, size_bytes: int, parameters: float, active: float) -> Speed | None:
    """A first guess; none for a GPU, of which nothing was measured, nor for what does not fit."""
    if fits.on_gpu or fits.level == "no":
        return None
    return guessed_speed(machine, size_bytes=size_bytes, parameters=parameters, active=active)


def _best(known: list[Offer]) -> KnownModel | None:
    fitting = sorted((o for o in known if o.fit is not None and o.fit.level == "well"), key=_order)
    quick = [o for o in fitting if o.speed is None or (o.speed.reads >= _READS and o.speed.writes >= _WRITES)]
    best = quick[-1:] or fitting[:1]
    return best[0].known if best else None


def _order(offer: Offer) -> tuple[int, str]:
    return (MODELS.index(offer.known) if offer.known is not None else -1, offer.name.lower())


def _seconds(seconds: float) -> str:
    if seconds < 1.5:
        return "a second"
    if seconds < 10:
        return f"{seconds:.0f} s"
    return f"{5 * round(seconds / 5)} s" if seconds < 90 else f"{round(seconds / 60)} min"
