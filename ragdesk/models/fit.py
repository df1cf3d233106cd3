"""What this machine holds, whether a language model fits into it, and how fast it may be here.

The speed is a first guess from measurements of Q4_K_M models of 0.6, 1.7 and 4 billion weights on a processor with two
cores; once a model has answered here, `model_records.py` knows better.
"""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ragdesk.models.gguf_file import memory_bytes
from ragdesk.sizes import memory_in_words

_GIB = 1 << 30
_KEPT_FREE = _GIB
"""Memory that must stay free for everything else; `generating.check_memory` refuses to load a model that takes it."""
_WELL = 0.75
"""Share of the free memory up to which a model fits well."""
_GPU_EXTRA = _GIB // 2
_READS = 33.0
"""Billions of weights times tokens read a second, a core."""
_WRITES_BYTES_PER_S = 4.3e9
"""Bytes of weights computed for tokens written a second, a core; the memory is the limit, which some cores exhaust."""
_MOST_CORES = 6
_UNIFIED = "Apple GPU"
"""Its memory is the machine's own."""
_GPU_LIBRARIES = ("cuda", "hip", "vulkan", "metal", "sycl")

Level = Literal["well", "tight", "no"]


@dataclass(frozen=True, slots=True)
class Machine:
    """Memory and cores; a GPU only where llama.cpp as installed here can use it. Bytes are 0 for none."""

    memory_bytes: int
    free_bytes: int
    cores: int
    gpu: str = ""
    gpu_bytes: int = 0
    gpu_free_bytes: int = 0

    def __str__(self) -> str:
        gpu = f", {self.gpu} with {memory_in_words(self.gpu_bytes)}" if self.gpu_bytes else ""
        return f"{memory_in_words(self.memory_bytes)} of memory, {memory_in_words(self.free_bytes)} free{gpu}"


@dataclass(frozen=True, slots=True)
class Fit:
    """Whether a model fits: what it needs of what is free, in bytes, on the GPU or in the machine's own memory."""

    level: Level
    needs_bytes: int
    free_bytes: int
    on_gpu: bool = False

    def __str__(self) -> str:
        if self.level == "no":
            needs, free = memory_in_words(self.needs_bytes), memory_in_words(self.free_bytes)
            return f"too large: needs {needs}, {free} free"
        if self.level == "tight":
            return f"tight: needs {memory_in_words(self.needs_bytes)} of {memory_in_words(self.free_bytes)} free"
        return "fits well on the GPU" if self.on_gpu else "fits well"


@dataclass(frozen=True, slots=True)
class Speed:
    """Tokens a second that a model reads and writes; `measured` here, or guessed."""

    reads: float
    writes: float
    measured: bool = False


def this_machine() -> Machine:
    """What this machine has now. Asks the driver of a GPU, which takes up to some seconds: call it in the background."""
    import psutil

    memory = psutil.virtual_memory()
    cores = max(1, (psutil.cpu_count(logical=False) or 2) - 1)
    gpu, total, free = _gpu() if _uses_gpu() else ("", 0, 0)
    if gpu == _UNIFIED:
        total, free = memory.total, memory.available
    return Machine(memory.total, memory.available, cores, gpu, total, free)


def unused_gpu() -> str:
    """The name of a GPU of this machine that language models cannot use as installed; empty for none. Asks its driver."""
    return "" if _uses_gpu() else _gpu()[0]


def embeds_on_gpu() -> bool:
    """Whether PyTorch as installed can use a GPU of NVIDIA or AMD, or Apple's. Looks for the file, and imports nothing."""
    if sys.platform == "darwin":
        return platform.machine() == "arm64"
    spec = importlib.util.find_spec("torch")
    if spec is None or not spec.submodule_search_locations:
        return False
    libraries = Path(spec.submodule_search_locations[0]) / "lib"
    names = [path.name.lower() for path in libraries.iterdir()] if libraries.is_dir() else []
    return any("torch_cuda" in name or "torch_hip" in name for name in names)


def fit(machine: Machine, *, size_bytes: int, kv_bytes_per_token: int, context_tokens: int) -> Fit:
    """Whether a model of this size fits with a context of so many tokens: on the GPU if it can, else beside all else."""
    kv_bytes = kv_bytes_per_token * context_tokens
    on_gpu = size_bytes + kv_bytes + _GPU_EXTRA
    if machine.gpu_bytes and on_gpu <= machine.gpu_free_bytes:
        return Fit("well", on_gpu, machine.gpu_free_bytes, on_gpu=True)
    return fit_of(machine, memory_bytes(size_bytes, kv_bytes_per_token, context_tokens))


def fit_of(machine: Machine, needs_bytes: int) -> Fit:
    """Whether what takes so much memory fits beside all else."""
    needs = needs_bytes + _KEPT_FREE
    level: Level = "well" if needs <= _WELL * machine.free_bytes else "tight" if needs <= machine.free_bytes else "no"
    return Fit(level, needs, machine.free_bytes)


def guessed_speed(machine: Machine, *, size_bytes: int, parameters: float, active: float) -> Speed:
    """A first guess for the processor, from the billions of weights that there are and that a token takes."""
    cores = min(machine.cores, _MOST_CORES)
    read_bytes = size_bytes * active / parameters
    return Speed(reads=_READS * machine.cores / active, writes=_WRITES_BYTES_PER_S * cores / read_bytes)


def _uses_gpu() -> bool:
    """Whether llama.cpp is installed with a library for GPUs. Looks for the file: loading it is for its own process."""
    spec = importlib.util.find_spec("llama_cpp")
    if spec is None or not spec.submodule_search_locations:
        return False
    libraries = Path(spec.submodule_search_locations[0]) / "lib"
    names = [path.name.lower() for path in libraries.iterdir()] if libraries.is_dir() else []
    return any(f"ggml-{kind}" in name for kind in _GPU_LIBRARIES for name in names)


def _gpu() -> tuple[str, int, int]:
    """Name, memory and free memory of the largest GPU; ("", 0, 0) for none that can be asked."""
    if sys.platform == "darwin":
        return (_UNIFIED, 0, 0) if platform.machine() == "arm64" else ("", 0, 0)
    return max((*_nvidia(), *_amd(), ("", 0, 0)), key=lambda gpu: gpu[1])


def _nvidia() -> list[tuple[str, int, int]]:
    program = shutil.which("nvidia-smi")
    if program is None:
        return []
    asked = [program, "--query-gpu=name,memory.total,memory.free", "--format=csv,noheader,nounits"]
    try:
        told = subprocess.run(
            asked,
            capture_output=True,
            text=True,
            timeout=10,
            check=True,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        ).stdout
    except (OSError, subprocess.SubprocessError):  # a driver that does not answer: as if there were none
        return []
    rows = [[part.strip() for part in line.rsplit(",", 2)] for line in told.splitlines()]
    return [
        (r[0], int(r[1]) << 20, int(r[2]) << 20) for r in rows if len(r) == 3 and r[1].isdecimal() and r[2].isdecimal()
    ]


def _amd(devices: Path = Path("/sys/class/drm")) -> list[tuple[str, int, int]]:
    found = []
    for total in sorted(devices.glob("card*/device/mem_info_vram_total")) if os.name == "posix" else []:
        try:
            size_bytes = int(total.read_text())
            used_bytes = int(total.with_name("mem_info_vram_used").read_text())
        except (OSError, ValueError):
            continue
        found.append(("AMD GPU", size_bytes, size_bytes - used_bytes))
    return found
