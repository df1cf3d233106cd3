"""Every setting, declared once: default, bounds and help. Kept in a TOML file; an unknown or unfit value is refused."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal

from ragdesk import paths
from ragdesk.errors import WrongUse

Effect = Literal["", "read again", "embed again", "restart"]
"""What a change needs: nothing, that documents are read or embedded again, or that RagDesk starts again."""


def _setting(
    default: Any,
    group: str,
    label: str,
    description: str,
    *,
    least: float | None = None,
    most: float | None = None,
    one_of: tuple[str, ...] = (),
    effect: Effect = "",
) -> Any:
    """A field with its bounds and help; `Settings` checks them. `group` and `label` are for a dialog."""
    metadata = {"help": description, "least": least, "most": most, "one_of": one_of}
    return field(default=default, metadata={**metadata, "group": group, "label": label, "effect": effect})


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings. Change them with `with_values`, which checks them."""

    # Reading
    reader_processes: int = _setting(
        0,
        "Reading",
        "Files at the same time",
        "Files read at the same time; 0 means one less than the cores, at most 4",
        least=0,
        most=16,
    )
    reader_timeout_s: float = _setting(
        120.0,
        "Reading",
        "Longest time, seconds",
        "Seconds that reading a file may take; what was read until then is kept where that can be",
        least=1,
        most=3600,
    )
    reader_memory_mb: int = _setting(
        2048,
        "Reading",
        "Most memory, MB",
        "Memory that reading a file may take, in MB; what was read until then is kept where that can be",
        least=512,
        most=65536,
    )
    reader_pages: int = _setting(
        5_000,
        "Reading",
        "Most pages of a file",
        "So many pages, slides or sheets of a file are read, its first; 0 means all",
        least=0,
        most=10_000_000,
    )
    reader_characters: int = _setting(
        10_000_000,
        "Reading",
        "Most characters of a file",
        "So many characters of a file are read, its first; 0 means all",
        least=0,
        most=2_000_000_000,
    )
    file_limit_mb: int = _setting(
        500, "Reading", "Largest file, MB", "Larger files are not read", least=1, most=100_000
    )
    archive_limit_mb: int = _setting(
        2048,
        "Reading",
        "Most unpacked, MB",
        "Of an archive or a mailbox so many MB are unpacked",
        least=1,
        most=1_000_000,
    )
    archive_files: int = _setting(
        20_000,
        "Reading",
        "Most files in one",
        "Of an archive or a mailbox so many files are read",
        least=1,
        most=1_000_000,
    )
    leave_out: str = _setting(
        ".git/, .hg/, .svn/, node_modules/, __pycache__/, venv/, site-packages/, $RECYCLE.BIN/, __MACOSX/, ~$*,"
        " Thumbs.db, desktop.ini",
        "Reading",
        "Left out of added folders",
        "Files and folders that are left out of added folders: names or patterns as in .gitignore, with commas between",
    )
    leave_out_hidden: bool = _setting(
        True,
        "Reading",
        "Leave out hidden files",
        "Files and folders whose names begin with a dot are left out of added folders",
    )
    leave_out_gitignored: bool = _setting(
        True,
        "Reading",
        "Leave out what .gitignore names",
        "What .gitignore files in added folders name is left out, as Git does",
    )
    # Chunks
    chunk_tokens: int = _setting(
        96,
        "Chunks",
        "Tokens in a chunk",
        "Tokens in a chunk, counted by the embedding model's tokenizer",
        least=32,
        most=2048,
        effect="read again",
    )
    prefix_tokens: int = _setting(
        40,
        "Chunks",
        "Tokens of title and headings",
        "Tokens of title and headings embedded before each chunk, at most",
        least=0,
        most=256,
        effect="read again",
    )
    situate_by_model: bool = _setting(
        False,
        "Chunks",
        "Let the language model situate passages",
        "A language model writes a sentence about where each passage stands in its document, which is then found by it."
        " It is the model that answers, and takes long without a GPU",
    )
    # Embedding
    embedder: str = _setting(
        "",
        "Embedding",
        "Embedding model",
        "A model of the catalogue, a model's folder or a GGUF file; empty means the packaged all-MiniLM-L6-v2",
        effect="embed again",
    )
    embedding_dimensions: int = _setting(
        0,
        "Embedding",
        "Dimensions kept",
        "Dimensions kept of each vector, where the model is trained for it; 0 means all",
        least=0,
        most=65536,
        effect="embed again",
    )
    embedding_layers: int = _setting(
        0,
        "Embedding",
        "Layers used",
        "Layers of the embedding model that are used, where it is trained for it; 0 means all",
        least=0,
        most=1000,
        effect="embed again",
    )
    embedder_remote_code: bool = _setting(
        False,
        "Embedding",
        "Run the model's own code",
        "Run program code that comes with an embedding model. It can do whatever you can: only for makers you trust",
    )
    device: str = _setting(
        "auto", "Embedding", "Device", "Where to embed", one_of=("auto", "cpu", "cuda", "mps"), effect="restart"
    )
    embed_batch: int = _setting(
        96, "Embedding", "Chunks at a time", "Chunks embedded and committed at a time", least=1, most=4096
    )
    # Search
    neighbour_weight: float = _setting(
        0.5,
        "Search",
        "Weight of neighbours",
        "How much the neighbours of a chunk count in its vector",
        least=0,
        most=2,
        effect="read again",
    )
    exact_scan_limit: int = _setting(
        50_000,
        "Search",
        "Chunks compared exactly",
        "Up to this many chunks vectors are compared one by one (exact) instead of by the vector index",
        least=0,
        effect="restart",
    )
    reranker: str = _setting(
        "",
        "Search",
        "Reranker",
        "A model that looks again at the best passages: a cross-encoder's folder or its name; empty means none",
    )
    rerank_candidates: int = _setting(
        30,
        "Search",
        "Passages looked at again",
        "So many of the best passages the reranker looks at again: each takes its time",
        least=1,
        most=1000,
    )
    hits: int = _setting(10, "Search", "Passages", "Passages found for a question", least=1, most=1000)
    # Answers
    model: str = _setting(
        "quote",
        "Answers",
        "What answers",
        "What answers: quote (no language model), the path of a GGUF file, or endpoint (a model on a server)",
    )
    context_tokens: int = _setting(
        4096,
        "Answers",
        "Context window, tokens",
        "Context window given to the language model, in tokens",
        least=512,
        most=1_000_000,
        effect="restart",
    )
    answer_tokens: int = _setting(
        512, "Answers", "Longest answer, tokens", "Longest answer of a language model, in tokens", least=16, most=32_768
    )
    source_tokens: int = _setting(
        1500,
        "Answers",
        "Passages given, tokens",
        "Tokens of passages given to a language model, at most",
        least=128,
        most=1_000_000,
    )
    checker: str = _setting(
        "",
        "Answers",
        "Checker",
        "A model that checks whether the passages bear out each sentence of a language model's answer: the folder of a"
        " cross-encoder for natural language inference, or its name; empty means none",
    )
    gpu_layers: int = _setting(
        -1,
        "Answers",
        "Layers on the GPU",
        "Layers of the language model put on the GPU; -1 tries all, then half, then none",
        least=-1,
        effect="restart",
    )
    idle_minutes: float = _setting(
        10.0,
        "Answers",
        "Kept in memory, minutes",
        "Minutes after the last question until the language model is let go of; 0 means never, unless memory is short",
        least=0,
        most=100_000,
    )
    endpoint: str = _setting(
        "",
        "Answers",
        "Address of a server",
        "Address of an OpenAI-compatible server with a language model, such as http://127.0.0.1:11434/v1",
    )
    endpoint_model: str = _setting(
        "", "Answers", "Model on the server", "Model asked for on that server; empty means its first"
    )
    endpoint_timeout_s: float = _setting(
        120.0,
        "Answers",
        "Longest silence of the server, seconds",
        "Seconds of silence after which the server is given up; reading a long prompt may take long without a GPU",
        least=1,
        most=3600,
    )
    endpoint_agreed: str = _setting(
        "",
        "Answers",
        "Server that text may be sent to",
        "The address that you agreed to send questions and passages to",
    )

    hubs: str = _setting(
        "",
        "Answers",
        "Where models are downloaded from",
        "Addresses of the Hugging Face hub and of mirrors of it, tried in this order; empty means https://huggingface.co",
    )
    # Data
    library: str = _setting(
        "",
        "Data",
        "Library folder",
        "Folder of the library; empty means the usual one for this user. RAGDESK_LIBRARY goes before it",
        effect="restart",
    )
    # Window
    theme: str = _setting(
        "system", "Look", "Colours", "Colours of the window", one_of=("system", "light", "dark", "contrast")
    )
    font_points: int = _setting(
        0, "Look", "Text size", "Size of the window's text in points; 0 is the system's", least=0, most=32
    )

    def with_values(self, values: Mapping[str, Any]) -> Settings:
        """These settings with some values changed. Raises `WrongUse` naming the setting that does not fit."""
        known = {f.name: f for f in fields(self)}
        checked: dict[str, Any] = {}
        for name, value in values.items():
            if name not in known:
                raise WrongUse(f"There is no setting called {name}", f"Settings are: {', '.join(known)}")
            checked[name] = _checked(name, value, known[name].default, known[name].metadata)
        return replace(self, **checked)


def load_settings(path: Path) -> Settings:
    """The settings in this TOML file; the defaults where there is none."""
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        return Settings()
    except OSError as error:
        raise WrongUse(f"The settings file {path} cannot be read", str(error)) from error
    try:
        return Settings().with_values(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise WrongUse(f"The settings file {path} is not valid TOML", str(error)) from error


def save_settings(settings: Settings, path: Path) -> None:
    """Write the settings that differ from the defaults, each under its help, replacing the file in one step."""
    lines = []
    for f in fields(settings):
        value = getattr(settings, f.name)
        if f.default is not MISSING and value != f.default:
            lines += [f"# {f.metadata['help']}", f"{f.name} = {_toml(value)}", ""]
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".new")
    beside.write_text("\n".join(lines), "utf-8")
    os.replace(beside, path)


def library_folder(settings: Settings) -> Path:
    """The library that is meant where none is named: that of the environment, of the settings, else the usual one."""
    if settings.library and "RAGDESK_LIBRARY" not in os.environ:
        return Path(settings.library).expanduser().absolute()
    return paths.default_library()


def describe_settings(settings: Settings) -> list[dict[str, Any]]:
    """Each setting's name, value, default, bounds and help, for a dialog or a listing."""
    values = asdict(settings)
    return [{"name": f.name, "value": values[f.name], "default": f.default, **f.metadata} for f in fields(settings)]


def parse_value(name: str, text: str) -> Any:
    """A setting's value as written on a command line. Raises `WrongUse` for an unknown setting or a bad number."""
    default: Any = next((f.default for f in fields(Settings) if f.name == name), None)
    if default is None:
        raise WrongUse(f"There is no setting called {name}", "See `ragdesk settings`")
    if isinstance(default, bool):
        return {"true": True, "false": False}.get(text.strip().lower(), text)
    try:
        return type(default)(text)
    except ValueError as error:
        raise WrongUse(f"The setting {name} must be {_named(type(default))}, not {text!r}") from error


def _checked(name: str, value: Any, default: Any, bounds: Mapping[str, Any]) -> Any:
    wanted = type(default)
    if wanted is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if type(value) is not wanted:
        raise WrongUse(f"The setting {name} must be {_named(wanted)}, not {value!r}", bounds["help"])
    if bounds["one_of"] and value not in bounds["one_of"]:
        raise WrongUse(f"The setting {name} must be one of {', '.join(bounds['one_of'])}", bounds["help"])
    if bounds["least"] is not None and value < bounds["least"]:
        raise WrongUse(f"The setting {name} must be at least {bounds['least']}", bounds["help"])
    if bounds["most"] is not None and value > bounds["most"]:
        raise WrongUse(f"The setting {name} must be at most {bounds['most']}", bounds["help"])
    return value


def _named(kind: type) -> str:
    return {int: "a whole number", float: "a number", str: "text", bool: "true or false"}[kind]


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
        return f'"{escaped}"'
    return repr(value)
