"""The language models RagDesk offers: a name in; where its GGUF file is published, size, licence and needs out.

Data only. Any other GGUF file can be used as well. Facts are from published model cards and from catalogues that quote
them, as far as copies could be read (November 2026); what could not be checked against the card itself is named in
`unchecked`. Where no SHA-256 is given, a download is checked against the one that the hub states for the file.
"""

from __future__ import annotations

from dataclasses import dataclass

_QWEN = "119 languages"
_GRANITE = "12 languages: English, German, Spanish, French, Japanese, Portuguese, Arabic, Czech, Italian, Korean, Dutch, Chinese"
_MINISTRAL = "dozens of languages: the large European ones, Chinese, Japanese, Korean, Arabic and others"


@dataclass(frozen=True, slots=True)
class KnownModel:
    """A published language model in one quantised form.

    `id` and `file` name it on the Hugging Face hub, in `revision`; a file in pieces is named by its first. `parameters`
    and `active` are in billions: of a mixture of experts only the active ones are computed for a token.
    `kv_bytes_per_token` is what a token of context takes in memory (layers · heads · widths · 2 bytes).
    """

    name: str
    id: str
    file: str
    size_bytes: int
    licence: str
    languages: str
    good_for: str
    parameters: float
    context_tokens: int
    kv_bytes_per_token: int
    active: float = 0.0
    thinks: bool = False
    revision: str = "main"
    sha256: str = ""
    remark: str = ""
    unchecked: tuple[str, ...] = ()

    @property
    def active_parameters(self) -> float:
        """Billions of parameters computed for each token."""
        return self.active or self.parameters

    @property
    def card(self) -> str:
        """The page that describes it."""
        return f"https://huggingface.co/{self.id}"


MODELS: tuple[KnownModel, ...] = (
    KnownModel(
        "LFM2.5 1.2B Instruct",
        id="LiquidAI/LFM2.5-1.2B-Instruct-GGUF",
        file="LFM2.5-1.2B-Instruct-Q4_K_M.gguf",
        size_bytes=730_895_168,
        licence="LFM Open License 1.0: free below 10 million dollars of yearly revenue",
        languages="English, Arabic, Chinese, French, German, Japanese, Korean, Spanish",
        good_for="Short answers on small and old machines",
        parameters=1.2,
        context_tokens=32_768,
        kv_bytes_per_token=6 * 8 * (64 + 64) * 2,
        unchecked=("the limit of revenue in the licence", "kv_bytes_per_token"),
    ),
    KnownModel(
        "Qwen3 1.7B",
        id="unsloth/Qwen3-1.7B-GGUF",
        file="Qwen3-1.7B-Q4_K_M.gguf",
        size_bytes=1_107_409_472,
        licence="Apache-2.0",
        languages=_QWEN,
        good_for="Short answers in many languages on small machines",
        parameters=1.7,
        context_tokens=40_960,
        kv_bytes_per_token=28 * 8 * (128 + 128) * 2,
        thinks=True,
        unchecked=("size_bytes",),
    ),
    KnownModel(
        "Granite 4.1 3B",
        id="ibm-granite/granite-4.1-3b-GGUF",
        file="granite-4.1-3b-Q4_K_M.gguf",
        size_bytes=2_099_501_664,
        licence="Apache-2.0",
        languages=_GRANITE,
        good_for="Sober answers from business documents",
        parameters=3.4,
        context_tokens=131_072,
        kv_bytes_per_token=40 * 8 * (64 + 64) * 2,
    ),
    KnownModel(
        "Ministral 3 3B Instruct",
        id="mistralai/Ministral-3-3B-Instruct-2512-GGUF",
        file="Ministral-3-3B-Instruct-2512-Q4_K_M.gguf",
        size_bytes=2_147_023_008,
        licence="Apache-2.0",
        languages=_MINISTRAL,
        good_for="European languages",
        parameters=3.4,
        context_tokens=262_144,
        kv_bytes_per_token=26 * 8 * (128 + 128) * 2,
        revision="eb599d408350ea2bb60452cb86be7c7b2fc28227",
        sha256="9ed150d4367e68df0ac8e1540f6ddc65b42d0ee26378329d1ecbca60f93fc5f8",
        unchecked=("sha256, which two public catalogues give alike for this revision",),
    ),
    KnownModel(
        "Qwen3 4B Instruct 2507",
        id="unsloth/Qwen3-4B-Instruct-2507-GGUF",
        file="Qwen3-4B-Instruct-2507-Q4_K_M.gguf",
        size_bytes=2_497_281_120,
        licence="Apache-2.0",
        languages=_QWEN,
        good_for="The best all-rounder for a machine with 8 GB",
        parameters=4.0,
        context_tokens=262_144,
        kv_bytes_per_token=36 * 8 * (128 + 128) * 2,
        unchecked=("size_bytes",),
    ),
    KnownModel(
        "Gemma 4 E4B",
        id="google/gemma-4-E4B-it-qat-q4_0-gguf",
        file="gemma-4-E4B_q4_0-it.gguf",
        size_bytes=5_154_941_280,
        licence="Apache-2.0",
        languages="140 languages",
        good_for="Rare languages",
        parameters=8.0,
        active=4.0,
        context_tokens=131_072,
        kv_bytes_per_token=42 * 2 * (256 + 256) * 2,
        thinks=True,
        unchecked=("size_bytes", "parameters", "kv_bytes_per_token", "whether the hub asks to accept terms first"),
    ),
    KnownModel(
        "Qwen3 8B",
        id="Qwen/Qwen3-8B-GGUF",
        file="Qwen3-8B-Q4_K_M.gguf",
        size_bytes=5_027_783_488,
        licence="Apache-2.0",
        languages=_QWEN,
        good_for="Fuller answers on a machine with 16 GB or a graphics card",
        parameters=8.2,
        context_tokens=40_960,
        kv_bytes_per_token=36 * 8 * (128 + 128) * 2,
        thinks=True,
        unchecked=("size_bytes",),
    ),
    KnownModel(
        "Granite 4.1 8B",
        id="ibm-granite/granite-4.1-8b-GGUF",
        file="granite-4.1-8b-Q4_K_M.gguf",
        size_bytes=5_350_000_000,
        licence="Apache-2.0",
        languages=_GRANITE,
        good_for="Long business documents and tables",
        parameters=8.8,
        context_tokens=131_072,
        kv_bytes_per_token=40 * 8 * (128 + 128) * 2,
        unchecked=("size_bytes", "parameters"),
    ),
    KnownModel(
        "Gemma 4 12B",
        id="google/gemma-4-12B-it-qat-q4_0-gguf",
        file="gemma-4-12b-it-qat-q4_0.gguf",
        size_bytes=6_980_000_000,
        licence="Apache-2.0",
        languages="140 languages",
        good_for="Careful answers in any language with a graphics card",
        parameters=12.0,
        context_tokens=262_144,
        kv_bytes_per_token=48 * 8 * (256 + 256) * 2 // 4,
        thinks=True,
        unchecked=(
            "id and file, which several public projects give alike",
            "size_bytes",
            "kv_bytes_per_token",
            "whether the hub asks to accept terms first",
        ),
    ),
    KnownModel(
        "gpt-oss 20B",
        id="ggml-org/gpt-oss-20b-GGUF",
        file="gpt-oss-20b-mxfp4.gguf",
        size_bytes=12_109_566_560,
        licence="Apache-2.0",
        languages="English, others less well",
        good_for="Hard questions over several passages",
        parameters=20.9,
        active=3.6,
        context_tokens=131_072,
        kv_bytes_per_token=24 * 8 * (64 + 64) * 2,
        thinks=True,
        remark="it always thinks before it answers",
        unchecked=("size_bytes",),
    ),
    KnownModel(
        "Qwen3.6 35B-A3B",
        id="unsloth/Qwen3.6-35B-A3B-GGUF",
        file="Qwen3.6-35B-A3B-UD-Q4_K_M.gguf",
        size_bytes=22_134_528_992,
        licence="Apache-2.0",
        languages="201 languages",
        good_for="The best answers, on a workstation",
        parameters=35.0,
        active=3.0,
        context_tokens=262_144,
        kv_bytes_per_token=10 * 2 * (256 + 256) * 2,
        thinks=True,
        unchecked=("id, file and size_bytes, which two public catalogues give alike", "languages"),
    ),
)
"""From the smallest to the largest: of those that fit, a later one answers better."""


def known_chat_model(named: str) -> KnownModel | None:
    """The model that a name, a hub id or a file is called after, however it is spelled; None for others."""
    last = named.replace("\\", "/").rstrip("/").rpartition("/")[2]
    wanted = {_plain(named), _plain(last), _plain(last.removesuffix(".gguf"))}
    for model in MODELS:
        names = (model.name, model.id, model.id.rpartition("/")[2], model.file, model.file.removesuffix(".gguf"))
        if wanted & {_plain(name) for name in names}:
            return model
    return None


def _plain(name: str) -> str:
    return "".join(c for c in name.lower() if c.isalnum())
