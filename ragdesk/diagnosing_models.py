"""The hardware and the models that the settings name, looked at for `diagnosing.py`: what is there, and whether it works."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING

from ragdesk.diagnosis import Section, Verdict
from ragdesk.errors import RagDeskError
from ragdesk.job import Job
from ragdesk.models.fit import embeds_on_gpu, fit, this_machine, unused_gpu
from ragdesk.sizes import memory_in_words, size_in_words

if TYPE_CHECKING:
    from ragdesk.diagnosing import Subject

_FREE_BYTES = 1 << 30


def hardware(of: Subject, job: Job) -> Section:
    """Cores, memory and GPU. Asks the GPU's driver, which may take seconds."""
    import psutil

    machine, unused = this_machine(), unused_gpu()
    facts = [
        ("Cores", f"{psutil.cpu_count(logical=False) or '?'} ({psutil.cpu_count()} threads)"),
        ("Memory", f"{memory_in_words(machine.memory_bytes)}, {memory_in_words(machine.free_bytes)} free"),
        (
            "GPU",
            f"{machine.gpu}, {memory_in_words(machine.gpu_bytes)}"
            if machine.gpu
            else unused or "none that can be asked",
        ),
    ]
    verdicts = []
    if machine.free_bytes < _FREE_BYTES:
        hint = "Close other programs; reading and answering need about 1 GB"
        verdicts.append(Verdict("attention", "Little memory is free", hint, 3))
    if unused:
        hint = "Install llama-cpp-python built for it (CUDA, ROCm or Vulkan)"
        verdicts.append(Verdict("note", f"The GPU is not used by language models: {unused}", hint))
    if (unused or machine.gpu) and not embeds_on_gpu():
        hint = "Install PyTorch built for it; embedding is then many times faster"
        verdicts.append(
            Verdict("note", "The GPU is not used for embedding: PyTorch here is for the processor alone", hint)
        )
    return Section("", tuple(facts), tuple(verdicts) or (Verdict("ok", "Memory is free, and no GPU lies idle"),))


def answering_model(of: Subject, job: Job) -> Section:
    """What answers, and which language models are here."""
    from ragdesk.models import catalogue
    from ragdesk.models.places import place_of

    settings = of.settings
    files = catalogue.model_files()
    facts = [("In use", settings.model)]
    facts += [(model.name, size_in_words(model.size_bytes)) for model in files]
    runs = importlib.util.find_spec("llama_cpp") is not None
    if settings.model == catalogue.QUOTE:
        verdicts = [Verdict("ok", "Answers are quotations; no language model is chosen")]
    elif (place := place_of(settings.model, settings)) is not None:
        facts[0] = ("In use", f"a model at {place.host}")
        verdicts = [Verdict("ok" if place.is_here else "note", place.told)]
    else:
        verdicts = [_file_verdict(of, runs)]
    if not runs and (files or settings.model != catalogue.QUOTE):
        hint = "Install llama-cpp-python: with a C++ compiler, `./run` does it"
        verdicts.append(Verdict("note", "Language models cannot run here; answers can be quotations", hint))
    return Section("", tuple(facts), tuple(verdicts))


def _file_verdict(of: Subject, runs: bool) -> Verdict:
    from ragdesk.models import catalogue

    try:
        path = catalogue.model_path(of.settings.model)
        head = catalogue.check_chat_file(path)
    except RagDeskError as error:
        return Verdict("attention", error.message, error.hint, 3)
    fits = fit(
        this_machine(),
        size_bytes=head.size_bytes,
        kv_bytes_per_token=head.kv_bytes_per_token,
        context_tokens=min(of.settings.context_tokens, head.context_tokens or of.settings.context_tokens),
    )
    said = f"The language model {path.stem}: {fits}"
    if not runs:
        return Verdict("attention", f"{said}, but nothing here can run it", "Install llama-cpp-python", 3)
    if fits.level == "no":
        return Verdict("note", said, "Close other programs, or choose a smaller model: Settings, Models")
    return Verdict("ok", said)


def helping_models(of: Subject, job: Job) -> Section:
    """Whether the reranker and the checker that are chosen are here. They are not loaded."""
    from ragdesk.models.checkers import find_checker
    from ragdesk.models.rerankers import find_reranker

    facts, verdicts = [], []
    for kind, named, find in (
        ("reranker", of.settings.reranker, find_reranker),
        ("checker", of.settings.checker, find_checker),
    ):
        if not named:
            continue
        facts.append((kind.capitalize(), named))
        try:
            find(named)
        except RagDeskError as error:
            verdicts.append(Verdict("attention", error.message, error.hint, 3))
        else:
            verdicts.append(Verdict("ok", f"The {kind} is here"))
    return Section("", tuple(facts), tuple(verdicts) or (Verdict("ok", "None is chosen"),))


def embedding_model(of: Subject, job: Job) -> Section:
    """Whether the embedding model loads, its weights are those published, and it made the index. Takes some seconds."""
    from ragdesk.library.database import DATABASE
    from ragdesk.library.library import Library
    from ragdesk.models.embedder import Embedder, chosen_embedder
    from ragdesk.models.embedder_place import embedders_here

    choice = chosen_embedder(of.settings)
    facts = [("In use", choice.name), ("Here", ", ".join(embedders_here()))]
    embedder = Embedder(choice, device=of.settings.device)
    try:
        info = embedder.info(job=job)
    except RagDeskError as error:
        hint = error.hint or "Words alone are searched until it is back"
        return Section("", tuple(facts), (Verdict("attention", error.message, hint, 3),))
    finally:
        embedder.close()
    verdicts = [Verdict("ok", f"{choice.name} is as it should be ({info.dimensions} dimensions)")]
    if (of.folder / DATABASE).exists():
        library = Library(of.folder, write=False)
        try:
            made = library.index_identity(library.current_index)
        finally:
            library.close()
        if made is not None and not info.made(made):
            hint = "`ragdesk sync` embeds the documents with it; the model before answers until then, where it is here"
            verdicts.append(Verdict("note", "The library was embedded by another model", hint))
    return Section("", tuple(facts), tuple(verdicts))
