"""Fill .venv: `.setup.py run` for using RagDesk, `.setup.py check` for working on it. In: pyproject.toml and
constraints.txt; out: a .venv with all they ask for, and a stamp in it that makes the next call return at once.

Called by `run`, `check` and their .bat twins with any suitable Python; needs nothing but the standard library. What it
tells goes to standard error, so that the output of a command stays clean. Exit codes: 0 ready, 3 the environment is at
fault.
"""

from __future__ import annotations

import ctypes
import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import time
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
WHEELS = ROOT / ".wheels"
LOG = VENV / "setup.log"
CONSTRAINTS = ROOT / "constraints.txt"
WINDOWS = os.name == "nt"
PYTHON = VENV / ("Scripts/python.exe" if WINDOWS else "bin/python")

PYTHONS = ((3, 11), (3, 13))  # first and last that suit; as in pyproject.toml
TORCH_CPU_INDEX = "https://download.pytorch.org/whl/cpu"
LLAMA_WHEEL_INDEX = "https://abetlen.github.io/llama-cpp-python/whl/cpu"
APT_PACKAGES = ("build-essential", "cmake", "python3-venv")
QT_LIBRARIES = {  # what PySide6 needs of a Debian or Ubuntu system, by the file that is looked for
    "libGL.so.1": "libgl1",
    "libEGL.so.1": "libegl1",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libfontconfig.so.1": "libfontconfig1",
    "libdbus-1.so.3": "libdbus-1-3",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libgssapi_krb5.so.2": "libgssapi-krb5-2",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-shape.so.0": "libxcb-shape0",
}
CHECK_PROGRAMS = {"Xvfb": "xvfb", "xdotool": "xdotool"}  # for the tests on a virtual display
LLAMA_CMAKE_ARGS = "-DLLAVA_BUILD=OFF"  # leaves out what reads images, a quarter of the work
LLAMA_CORE_MINUTES = 15
DISK_GB = 3.8  # 2.6 on disk, and what pip unpacks on the way
DISK_GPU_GB = 10.0

NETWORK = re.compile(
    r"name resolution|getaddrinfo|NewConnectionError|ConnectionError|Connection (?:refused|reset|aborted|broken)"
    r"|Max retries|ReadTimeout|Read timed out|ProxyError|SSLError|Network is unreachable|IncompleteRead"
)
DISK_FULL = re.compile(r"No space left on device|Errno 28|Disk quota exceeded|not enough space on the disk")


class SetupFailed(Exception):
    """What went wrong and what to do about it, both for the user's eyes."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


def main(arguments: list[str]) -> int:
    """Set up for `run` or `check`; `--setup` repeats it, `--install-system` lets it install system packages."""
    mode, options = arguments[0], set(arguments[1:])
    try:
        again = "--setup" in options
        may_install = may_install_system("--install-system" in options)
        if not again and is_ready(mode):
            if mode == "check":  # .venv may have come from elsewhere, such as the cache of a build server
                install_check_programs(may_install=may_install)
            return 0
        with_lock(lambda: set_up(mode, may_install=may_install) if again or not is_ready(mode) else None)
    except SetupFailed as failure:
        tell(f"error: {failure}\nhint: {failure.hint}")
        return 3
    except KeyboardInterrupt:
        tell("Stopped. What is installed is kept; the same command goes on from there.")
        return 130
    return 0


def set_up(mode: str, *, may_install: bool) -> None:
    """All steps. Each looks at what is there, so that a half-done set-up goes on."""
    began = time.monotonic()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras: dict[str, list[str]] = project["optional-dependencies"]
    tell(f"Setting up RagDesk in {VENV} (once; then it starts at once). Python is {sys.executable}, {version_text()}.")
    make_venv(may_install=may_install)
    LOG.write_text("", "utf-8")

    packages = list(project["dependencies"])
    torch = next(p for p in packages if named(p) == "torch")
    if not has(torch):
        install_torch(torch)
    wanted = packages + (extras["dev"] if mode == "check" else [])
    pip_install("The other packages (415 MB to download; two or three minutes)", "-c", str(CONSTRAINTS), *wanted)
    without = install_llama(extras["llm"][0], needed=mode == "check", may_install=may_install)
    install_window_libraries(may_install=may_install)
    if mode == "check":
        install_check_programs(may_install=may_install)
    pip_install("RagDesk itself", "--no-deps", "--editable", str(ROOT))

    stamps = ["run", "check"] if mode == "check" else ["run"]
    for name in stamps:
        stamp_file(name).write_text(json.dumps({"made_from": fingerprint(), "without_llama": without}), "utf-8")
    tell(f"Ready after {duration(time.monotonic() - began)}.")


# --- Ready or not -------------------------------------------------------------------------------------------------


def is_ready(mode: str) -> bool:
    """Whether the stamp of this mode was made from the files as they are now."""
    try:
        stamp = json.loads(stamp_file(mode).read_text("utf-8"))
    except (OSError, ValueError):
        return False
    if stamp.get("made_from") != fingerprint() or not PYTHON.exists():
        return False
    if other_python():
        return False
    return not (stamp.get("without_llama") == "no compiler" and compiler())  # one has come since


def fingerprint() -> str:
    """What a set-up depends on: the two files, the Python of .venv and where the folder lies."""
    known = hashlib.sha256()
    for name in ("pyproject.toml", "constraints.txt"):
        known.update((ROOT / name).read_bytes())
    try:
        known.update((VENV / "pyvenv.cfg").read_bytes())  # names the Python and its version
    except OSError:
        known.update(b"none")
    known.update(str(ROOT).encode("utf-8", "surrogateescape"))
    return known.hexdigest()


def stamp_file(mode: str) -> Path:
    return VENV / f".ready-{mode}"


def other_python() -> bool:
    """Whether $PYTHON asks for another version than .venv has."""
    asked = os.environ.get("PYTHON")
    if not asked or not PYTHON.exists():
        return False
    return minor_version(asked) not in (None, minor_version(str(PYTHON)))


def minor_version(python: str) -> tuple[int, int] | None:
    """The version of that Python, or None where it does not start."""
    script = "import sys; print(*sys.version_info[:2])"
    try:
        found = subprocess.run([python, "-I", "-S", "-c", script], capture_output=True, text=True, timeout=30)
        major, minor = found.stdout.split()
        return int(major), int(minor)
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None


# --- Steps --------------------------------------------------------------------------------------------------------


def make_venv(*, may_install: bool) -> None:
    """Create .venv, or again where its Python is gone, unsuitable or not the one that $PYTHON asks for."""
    suits = PYTHON.exists() and PYTHONS[0] <= (minor_version(str(PYTHON)) or (0, 0)) <= PYTHONS[1]
    if suits and not other_python() and runs([str(PYTHON), "-m", "pip", "--version"]):
        return
    step(f"Python environment ({'.venv has another Python or is damaged: made anew' if VENV.exists() else '15 MB'})")
    python = os.environ.get("PYTHON") or sys.executable
    if not runs([python, "-c", "import ensurepip, venv"]):
        package = "python{}.{}-venv".format(*(minor_version(python) or PYTHONS[0]))
        if not (may_install and apt_install(package)):
            raise SetupFailed(
                "This Python cannot make virtual environments: its ensurepip module is missing", apt(package)
            )
    need_disk(DISK_GB)
    made = subprocess.run([python, "-m", "venv", "--clear", str(VENV)], capture_output=True, text=True)
    if made.returncode:
        raise explained("The virtual environment could not be made", made.stdout + made.stderr)


def install_torch(requirement: str) -> None:
    """PyTorch: the CPU build where there is no NVIDIA GPU and an index has one; else say what is coming."""
    pinned = ["-c", str(CONSTRAINTS), requirement]
    index = os.environ.get("RAGDESK_TORCH_INDEX")
    size = "200 MB to download; half a minute"
    if not index and sys.platform == "linux":
        gpu = has_nvidia()
        if comes_with_gpu_libraries(pinned):
            size = "2.7 GB to download, more than twice that on disk; several minutes"
            if gpu:
                tell("An NVIDIA GPU was found: PyTorch comes with its GPU libraries.")
            else:
                index = ask_for_cpu_index()
                size = "200 MB to download; half a minute" if index else size
            if not index:
                need_disk(DISK_GPU_GB)
        elif gpu:
            tell("PyTorch comes as a CPU build; the NVIDIA GPU will not be used for embedding.")
    if index:  # its own requirements come with the other packages, from the usual index
        pip_install(f"PyTorch from {index} ({size})", "--no-deps", "--index-url", index, *pinned)
    else:
        pip_install(f"PyTorch ({size})", *pinned)


def comes_with_gpu_libraries(pinned: list[str]) -> bool:
    """Whether the PyTorch that pip would take here brings the GPU libraries. pip says so without installing."""
    asked = [str(PYTHON), "-m", "pip", "install", "--dry-run", "--no-deps", "--quiet", "--report", "-", *pinned]
    answer = subprocess.run(asked, capture_output=True, text=True, env=pip_environment())
    if answer.returncode:
        raise explained("PyTorch cannot be looked up", answer.stderr)
    found = json.loads(answer.stdout)["install"]
    needs = [need for package in found for need in package["metadata"].get("requires_dist", [])]
    return any(re.match(r"(nvidia|cuda)-", need) and "extra ==" not in need for need in needs)


def ask_for_cpu_index() -> str | None:
    """The index with the CPU build, if the user wants it. Without a terminal nobody is asked and the answer is no."""
    tell(
        "This computer shows no NVIDIA GPU, but the PyTorch of your package index comes with GPU libraries\n"
        "(2.7 GB to download). PyTorch's own index has a build without them (200 MB)."
    )
    if not (sys.stdin and sys.stdin.isatty() and sys.stderr.isatty()):
        tell(f"To use that one, stop here and set RAGDESK_TORCH_INDEX={TORCH_CPU_INDEX}")
        return None
    sys.stderr.write(f"Take the small one from {TORCH_CPU_INDEX}? [Y/n] ")
    sys.stderr.flush()
    return TORCH_CPU_INDEX if sys.stdin.readline().strip().lower() in ("", "y", "yes") else None


def install_window_libraries(*, may_install: bool) -> None:
    """System libraries that the window needs, and a font; all other commands work without them."""
    if sys.platform != "linux":
        return
    missing = [package for file, package in QT_LIBRARIES.items() if not loads(file)]
    if not any(Path("/usr/share/fonts").rglob("*.[to]tf")):
        missing.append("fonts-dejavu-core")
    if missing and not (may_install and apt_install(*missing)):
        tell(
            f"The window needs system packages that are missing. {apt(*missing)}\nThe command line works without them."
        )


def install_check_programs(*, may_install: bool) -> None:
    """What the tests on a virtual display need. Without it they are skipped, and say so."""
    missing = [package for program, package in CHECK_PROGRAMS.items() if not shutil.which(program)]
    if sys.platform == "linux" and missing and not (may_install and apt_install(*missing)):
        tell(f"The tests on a virtual display are left out: they need more system packages. {apt(*missing)}")


def install_llama(requirement: str, *, needed: bool, may_install: bool) -> str | None:
    """llama-cpp-python: from .wheels, else compiled into it. Without a compiler RagDesk does without; says why."""
    if has(requirement):
        return None
    title = "llama-cpp-python, for answers written by a language model"
    if WINDOWS:
        arguments = ["--only-binary", named(requirement), "--extra-index-url", LLAMA_WHEEL_INDEX, requirement]
        return try_llama(lambda: pip_install(f"{title} (wheel)", *arguments), needed=needed)
    kept = ["--no-index", "--find-links", str(WHEELS), "--no-deps", "-c", str(CONSTRAINTS), requirement]
    if list(WHEELS.glob("llama_cpp_python-*.whl")) and runs(
        [str(PYTHON), "-m", "pip", "install", "--dry-run", "--quiet", *kept]
    ):
        pip_install(f"{title} (kept in .wheels)", *kept)
    else:
        if not compiler() and not (may_install and apt_install(*APT_PACKAGES) and compiler()):
            if needed:
                raise SetupFailed("llama-cpp-python has to be compiled, and there is no C++ compiler", compiler_hint())
            tell(
                "Not installed: llama-cpp-python has to be compiled, and there is no C++ compiler. RagDesk works,\n"
                f"answering by quotation. For answers written by a language model: {compiler_hint()}"
            )
            return "no compiler"
        failed = try_llama(lambda: compile_llama(title, requirement, kept), needed=needed)
        if failed:
            return failed
    # What it needs in turn comes from the index, as wheels.
    pip_install("What llama-cpp-python needs", "-c", str(CONSTRAINTS), requirement)
    return None


def compile_llama(title: str, requirement: str, kept: list[str]) -> None:
    """Compile llama-cpp-python into .wheels and install it from there."""
    WHEELS.mkdir(exist_ok=True)
    arguments = ["wheel", "--no-deps", "--wheel-dir", str(WHEELS), "-c", str(CONSTRAINTS), requirement]
    cores = os.cpu_count() or 1
    minutes = max(1, round(LLAMA_CORE_MINUTES / cores))
    pip(f"{title} (compiles: about {minutes} minutes on {cores} cores; once, the result is kept)", *arguments)
    pip_install("The compiled llama-cpp-python", *kept)


def try_llama(install, *, needed: bool) -> str | None:  # type: ignore[no-untyped-def]  # run by any Python
    """Install it; where it is not needed, a failure is told and RagDesk does without."""
    try:
        install()
    except SetupFailed as failure:
        if needed:
            raise
        tell(
            f"Not installed: {failure}\n{failure.hint}\nRagDesk works without it, answering by quotation. "
            "`./run --setup` tries again."
        )
        return "failed"
    return None


# --- pip ----------------------------------------------------------------------------------------------------------


def pip_install(title: str, *arguments: str) -> None:
    pip(title, "install", *arguments)


def pip(title: str, *arguments: str) -> None:
    """Run pip, its output in the log; on a terminal the time passing is shown. Raises SetupFailed with a way out."""
    began = time.monotonic()
    shown = sys.stderr.isatty()
    step(title)
    with LOG.open("a", encoding="utf-8") as log:
        log.write(f"\n== pip {' '.join(arguments)}\n")
        log.flush()
        start = log.tell()
        command = [str(PYTHON), "-m", "pip", *arguments]
        process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, env=pip_environment())
        try:
            while process.poll() is None:
                time.sleep(0.1)
                if shown:
                    sys.stderr.write(f"\r   {duration(time.monotonic() - began)} ")
                    sys.stderr.flush()
        except BaseException:
            process.terminate()
            process.wait()
            raise
    if shown:
        sys.stderr.write("\n")
    if process.returncode:
        with LOG.open(encoding="utf-8", errors="replace") as log:
            log.seek(start)
            raise explained(f"pip could not {arguments[0]} this", log.read())


def pip_environment() -> dict[str, str]:
    """The user's pip configuration, without questions and hints about newer pips."""
    asked = {"PIP_NO_INPUT": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PYTHONUTF8": "1"}
    return {"CMAKE_ARGS": LLAMA_CMAKE_ARGS, **os.environ, **asked}


def has(requirement: str) -> bool:
    """Whether .venv has this already; asked of pip, which knows ranges, and refused any index."""
    asked = ["install", "--dry-run", "--quiet", "--no-deps", "--no-index", "-c", str(CONSTRAINTS), requirement]
    isolated = {**pip_environment(), "PIP_CONFIG_FILE": os.devnull, "PIP_FIND_LINKS": ""}
    found = subprocess.run(
        [str(PYTHON), "-m", "pip", *asked], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=isolated
    )
    return found.returncode == 0


def explained(what: str, output: str) -> SetupFailed:
    """The failure in the user's words: disk, network, or the end of what was printed."""
    if DISK_FULL.search(output):
        return SetupFailed(
            f"{what}: the disk is full",
            f"RagDesk needs {DISK_GB} GB in {ROOT}, and pip some in the temporary folder. "
            "Free some and start the same command again; it goes on where it stopped. TMPDIR may name another folder.",
        )
    if NETWORK.search(output):
        return SetupFailed(
            f"{what}: the package index cannot be reached",
            "Check the network (behind a proxy: set https_proxy), then start the same command again; "
            "it goes on where it stopped.",
        )
    last = "\n".join(output.strip().splitlines()[-15:])
    if "No matching distribution" in output:
        hint = (
            f"Your package index cannot be reached, or has no such version for Python {version_text()} on "
            f"{platform.machine()}. Check the network, or take another Python: PYTHON=python3.12 ./run"
        )
        return SetupFailed(f"{what}:\n{last}", hint)
    return SetupFailed(f"{what}. The end of its output:\n{last}", f"All of it is in {LOG}")


# --- The computer -------------------------------------------------------------------------------------------------


def may_install_system(asked: bool) -> bool:
    """System packages are installed for root, or when asked for."""
    return sys.platform == "linux" and (asked or os.geteuid() == 0)


def apt_install(*packages: str) -> bool:
    """Install Debian packages, with sudo where needed. False where there is no apt-get or it failed."""
    if not shutil.which("apt-get"):
        return False
    sudo = [] if os.geteuid() == 0 else ["sudo"]
    step(f"System packages: {' '.join(packages)}")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    commands = [["apt-get", "update", "-qq"], ["apt-get", "install", "-y", "-qq", *packages]]
    results = [subprocess.run([*sudo, *c], stdout=sys.stderr, env=environment).returncode for c in commands]
    return results[-1] == 0


def apt(*packages: str) -> str:
    return f"Type this, then start again: sudo apt-get install -y {' '.join(packages)}"


def compiler() -> str | None:
    """The C++ compiler, if any. On macOS the command exists without its tools; ask for those."""
    if sys.platform == "darwin" and not runs(["xcode-select", "-p"]):
        return None
    named_one = os.environ.get("CXX")
    return next((c for c in (named_one, "c++", "g++", "clang++") if c and shutil.which(c)), None)


def compiler_hint() -> str:
    if sys.platform == "darwin":
        return "Type this, then start again: xcode-select --install"
    if shutil.which("dnf") and not shutil.which("apt-get"):
        return "Type this, then start again: sudo dnf install -y gcc-c++ cmake"
    return apt(*APT_PACKAGES)


def has_nvidia() -> bool:
    return Path("/proc/driver/nvidia/version").exists() or runs(["nvidia-smi", "-L"])


def need_disk(size_gb: float) -> None:
    """Raise SetupFailed where the disk has less room than the set-up takes."""
    free_gb = shutil.disk_usage(ROOT).free / 1e9
    if free_gb < size_gb:
        raise SetupFailed(
            f"There are {free_gb:.1f} GB free in {ROOT}; the set-up needs {size_gb} GB", "Free some, then start again"
        )


def with_lock(work) -> None:  # type: ignore[no-untyped-def]  # run by any Python
    """Do this while no other set-up of this folder is at work."""
    try:
        import fcntl
    except ImportError:  # Windows: two at a time are not held apart
        return work()
    with (ROOT / "pyproject.toml").open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            tell("Another set-up of this folder is at work; waiting for it.")
            fcntl.flock(file, fcntl.LOCK_EX)
        return work()


# --- Small --------------------------------------------------------------------------------------------------------


def runs(command: list[str]) -> bool:
    """Whether this command starts and ends well."""
    try:
        return subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def loads(file: str) -> bool:
    """Whether the system has this shared library."""
    try:
        ctypes.CDLL(file)
    except OSError:
        return False
    return True


def named(requirement: str) -> str:
    found = re.match(r"[A-Za-z0-9._-]+", requirement)
    return found.group().lower() if found else ""


def version_text() -> str:
    return ".".join(map(str, sys.version_info[:3]))


def duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds // 60:.0f} min {seconds % 60:.0f} s"


def step(title: str) -> None:
    tell(f"== {title}")


def tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
