"""The set-up, the package and the sample documents: what the two commands of the README rest on."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).resolve().parent.parent
SAMPLES = ROOT / "assets" / "samples"
SCRIPTS = ["run", "check", ".ci/run"]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
GROUPS = [PROJECT["project"]["dependencies"], *PROJECT["project"]["optional-dependencies"].values()]
REQUIREMENTS = [Requirement(line) for group in GROUPS for line in group]
CONSTRAINTS = [
    Requirement(line)
    for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    if line and not line.startswith("#")
]

on_posix = pytest.mark.skipif(os.name == "nt", reason="shell scripts")


def load(path: Path, name: str) -> ModuleType:
    """The module in this file, leaving no __pycache__ beside it."""
    module = ModuleType(name)
    module.__file__ = str(path)
    exec(compile(path.read_text("utf-8"), path, "exec"), module.__dict__)
    return module


@pytest.fixture
def setup(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """`.setup.py` at work on a folder of its own."""
    for name in ("pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, tmp_path)
    module = load(ROOT / ".setup.py", "setup_under_test")
    folder = tmp_path / ".venv"
    (folder / "bin").mkdir(parents=True)
    (folder / "bin" / "python").symlink_to(sys.executable)
    for name, value in {
        "ROOT": tmp_path,
        "VENV": folder,
        "PYTHON": folder / "bin" / "python",
        "LOG": folder / "setup.log",
        "CONSTRAINTS": tmp_path / "constraints.txt",
        "WHEELS": tmp_path / ".wheels",
    }.items():
        monkeypatch.setattr(module, name, value)
    monkeypatch.delenv("PYTHON", raising=False)
    return module


def stamp(setup: ModuleType, mode: str = "run", without_llama: str | None = None) -> None:
    made = {"made_from": setup.fingerprint(), "without_llama": without_llama}
    setup.stamp_file(mode).write_text(json.dumps(made), "utf-8")


# --- What is asked for --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("requirement", REQUIREMENTS, ids=str)
def test_a_dependency_has_a_lower_and_an_upper_bound(requirement: Requirement) -> None:
    operators = {part.operator for part in requirement.specifier}
    assert operators == {"=="} or operators == {">=", "<"} or (requirement.name == "setuptools" and ">=" in operators)


def test_the_constraints_are_exact_and_within_the_ranges() -> None:
    ranges = {requirement.name: requirement.specifier for requirement in REQUIREMENTS}
    pinned = {}
    for constraint in CONSTRAINTS:
        (part,) = constraint.specifier
        assert part.operator == "==" and "*" not in part.version
        assert Version(part.version) in ranges[constraint.name]
        pinned[constraint.name] = part.version
    assert pinned["torch"] == "2.13.0"


def test_the_scripts_look_for_the_pythons_that_the_package_accepts(setup: ModuleType) -> None:
    first, last = setup.PYTHONS
    wanted = f">={first[0]}.{first[1]},<{last[0]}.{last[1] + 1}"
    assert PROJECT["project"]["requires-python"] == wanted
    assert f"{first} <= sys.version_info[:2] <= {last}" in (ROOT / ".setup.sh").read_text("utf-8")


# --- The scripts --------------------------------------------------------------------------------------------------


@on_posix
@pytest.mark.parametrize("name", [*SCRIPTS, ".setup.sh"])
def test_a_script_is_valid_shell(name: str) -> None:
    shells = ["bash"] if name == ".ci/run" else ["sh", "bash"]
    for shell in shells:
        if shutil.which(shell):
            checked = subprocess.run([shell, "-n", str(ROOT / name)], capture_output=True, text=True)
            assert (checked.returncode, checked.stderr) == (0, "")


@on_posix
@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_can_be_executed(name: str) -> None:
    assert os.access(ROOT / name, os.X_OK)
    assert (ROOT / name).read_text("utf-8").startswith("#!")


def test_continuous_integration_runs_check_and_nothing_else() -> None:
    shebang, command = (ROOT / ".ci/run").read_text("utf-8").strip().splitlines()
    assert shebang == "#!/usr/bin/env bash"
    assert command.endswith("&& exec ./check")


@pytest.mark.parametrize("name", ["run.bat", "check.bat", ".setup.bat"])
def test_a_batch_file_has_the_line_ends_that_windows_needs(name: str) -> None:
    content = (ROOT / name).read_bytes()
    assert content.count(b"\r\n") == content.count(b"\n") > 3


@on_posix
def test_run_hands_the_arguments_over_at_once_when_all_is_set_up(setup: ModuleType, tmp_path: Path) -> None:
    for name in ("run", ".setup.sh", ".setup.py"):
        shutil.copy(ROOT / name, tmp_path)
    command = tmp_path / ".venv" / "bin" / "ragdesk"
    command.write_text('#!/bin/sh\nprintf "<%s>" "$PWD" "$@"\n', "utf-8")
    command.chmod(0o755)
    stamp(setup)
    elsewhere = tmp_path / "else where"
    elsewhere.mkdir()
    before = os.times()
    ran = subprocess.run(
        [str(tmp_path / "run"), "ask", "two words", "*"], cwd=elsewhere, capture_output=True, text=True, timeout=60
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout == f"<{elsewhere}><ask><two words><*>"
    after = os.times()  # the work of what was started and has ended: a busy machine does not count
    worked_s = after.children_user + after.children_system - before.children_user - before.children_system
    assert worked_s < 5  # a small part of a second


@on_posix
def test_run_refuses_a_python_that_does_not_suit(tmp_path: Path) -> None:
    for name in ("run", ".setup.sh", ".setup.py"):
        shutil.copy(ROOT / name, tmp_path)
    environment = {**os.environ, "PYTHON": "false"}
    ran = subprocess.run([str(tmp_path / "run")], env=environment, capture_output=True, text=True, timeout=60)
    assert (ran.returncode, ran.stdout) == (3, "")
    assert "error: PYTHON=false" in ran.stderr and "hint:" in ran.stderr


# --- The set-up ---------------------------------------------------------------------------------------------------


@on_posix
def test_a_set_up_is_ready_until_what_it_was_made_from_changes(setup: ModuleType, tmp_path: Path) -> None:
    assert not setup.is_ready("run")
    stamp(setup)
    assert setup.is_ready("run")
    assert not setup.is_ready("check")
    with (tmp_path / "constraints.txt").open("a", encoding="utf-8") as file:
        file.write("rich==15.0.0\n")
    assert not setup.is_ready("run")


@on_posix
def test_a_compiler_that_came_later_is_noticed(setup: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    stamp(setup, without_llama="no compiler")
    monkeypatch.setattr(setup, "compiler", lambda: None)
    assert setup.is_ready("run")
    monkeypatch.setattr(setup, "compiler", lambda: "c++")
    assert not setup.is_ready("run")


@pytest.mark.skipif(sys.platform != "linux", reason="system packages of Debian")
def test_programs_for_the_virtual_display_are_installed_for_root_even_in_a_finished_set_up(
    setup: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stamp(setup, "check")
    installed: list[str] = []
    monkeypatch.setattr(setup.shutil, "which", lambda program: None)
    monkeypatch.setattr(setup, "compiler", lambda: None)
    monkeypatch.setattr(setup, "apt_install", lambda *packages: installed.extend(packages) or True)
    monkeypatch.setattr(setup, "may_install_system", lambda asked: True)
    assert setup.main(["check"]) == 0 and installed == ["xvfb", "xdotool"]
    monkeypatch.setattr(setup, "may_install_system", lambda asked: False)
    assert setup.main(["check"]) == 0
    assert installed == ["xvfb", "xdotool"], "nothing is installed for others"
    assert "apt-get install -y xvfb xdotool" in capsys.readouterr().err


@on_posix
def test_without_a_compiler_run_goes_on_and_check_does_not(
    setup: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(setup, "has", lambda requirement: False)
    monkeypatch.setattr(setup, "compiler", lambda: None)
    assert setup.install_llama("llama-cpp-python>=0.3", needed=False, may_install=False) == "no compiler"
    assert "sudo apt-get install -y build-essential" in capsys.readouterr().err or not shutil.which("apt-get")
    with pytest.raises(setup.SetupFailed, match="no C\\+\\+ compiler"):
        setup.install_llama("llama-cpp-python>=0.3", needed=True, may_install=False)


@on_posix
@pytest.mark.parametrize(
    ("output", "says"),
    [
        ("ERROR: Could not install packages: [Errno 28] No space left on device", "the disk is full"),
        ("NewConnectionError(...): Temporary failure in name resolution", "cannot be reached"),
        ("ERROR: No matching distribution found for torch==2.13.0", "No matching distribution"),
        ("something else altogether", "something else altogether"),
    ],
)
def test_a_failure_of_pip_is_told_with_a_way_out(setup: ModuleType, output: str, says: str) -> None:
    failure = setup.explained("PyTorch", output)
    assert says in str(failure)
    assert failure.hint


@on_posix
@pytest.mark.parametrize(
    ("needs", "expected"),
    [
        (['nvidia-cublas==13.1; platform_system == "Linux"', "sympy"], True),
        (['cuda-toolkit[cublas]==13.0; platform_system == "Linux"'], True),
        (["sympy>=1.13", 'nvidia-ml-py; extra == "monitoring"'], False),
    ],
)
def test_pytorch_with_gpu_libraries_is_told_apart(
    setup: ModuleType, monkeypatch: pytest.MonkeyPatch, needs: list[str], expected: bool
) -> None:
    report = {"install": [{"metadata": {"name": "torch", "requires_dist": needs}}]}

    def answer(*_: Any, **__: Any) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess([], 0, json.dumps(report), "")

    monkeypatch.setattr(setup.subprocess, "run", answer)
    assert setup.comes_with_gpu_libraries(["torch"]) is expected


@on_posix
def test_too_small_a_disk_is_told_before_anything_is_installed(
    setup: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(ROOT)._replace(free=10**9)
    monkeypatch.setattr(setup.shutil, "disk_usage", lambda _: usage)
    with pytest.raises(setup.SetupFailed, match=r"1\.0 GB free"):
        setup.need_disk(3.5)


# --- The package --------------------------------------------------------------------------------------------------


def test_every_folder_of_the_package_is_listed() -> None:
    folders = {
        ".".join(path.parent.relative_to(ROOT).parts)
        for path in (ROOT / "ragdesk").rglob("*.py")
        if "__pycache__" not in path.parts
    }
    assert set(PROJECT["tool"]["setuptools"]["packages"]) == folders | {"ragdesk.assets", "ragdesk.docs"}


def test_a_built_package_has_the_samples_and_the_command(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    for name in ("ragdesk", "assets", "docs"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "-w", "..", "."]
    built = subprocess.run(command, cwd=source, capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    (wheel,) = tmp_path.glob("ragdesk-*.whl")
    installed = tmp_path / "installed"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(installed)
        names = archive.namelist()
    for sample in SAMPLES.iterdir():
        if sample.is_file():
            assert f"ragdesk/assets/samples/{sample.name}" in names
    for page in (ROOT / "docs").rglob("*.md"):
        assert f"ragdesk/docs/{page.relative_to(ROOT / 'docs').as_posix()}" in names
    assert "ragdesk/assets/pictures/cited.png" in names, "the guide shows it"
    (entry_points,) = [name for name in names if name.endswith("entry_points.txt")]
    assert "ragdesk = ragdesk.__main__:main" in (installed / entry_points).read_text("utf-8")
    asked = "from ragdesk.paths import docs_dir, samples_dir; print(samples_dir(), docs_dir(), sep='\\n')"
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    found = subprocess.run(
        [sys.executable, "-c", asked], cwd=installed, env=environment, capture_output=True, text=True
    )
    places = [installed / "ragdesk" / name for name in ("assets/samples", "docs")]
    assert list(map(Path, found.stdout.split())) == places, found.stderr


def test_the_licence_is_the_whole_agpl() -> None:
    digest = hashlib.sha256((ROOT / "LICENSE").read_bytes().replace(b"\r\n", b"\n")).hexdigest()
    assert (
        digest == "0d96a4ff68ad6d4b6f1f30f713b18d5184912ba8dd389f86aa7710db079abcb0"
    )  # of gnu.org/licenses/agpl-3.0.txt


# --- The samples --------------------------------------------------------------------------------------------------


def pages(path: Path) -> list[str]:
    """The text of each page; of one page where the format has none. White space is one space."""
    if path.suffix == ".pdf":
        import pymupdf

        with pymupdf.open(path) as opened:
            texts = [page.get_text() for page in opened]
    elif path.suffix == ".docx":
        import docx

        document = docx.Document(str(path))
        cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
        texts = ["\n".join([paragraph.text for paragraph in document.paragraphs] + cells)]
    else:
        texts = [path.read_text("utf-8")]
    return [" ".join(text.split()) for text in texts]


def test_the_sample_documents_are_made_again_alike(tmp_path: Path) -> None:
    load(SAMPLES / "make.py", "make_samples").main(tmp_path)
    made = sorted(path.name for path in tmp_path.iterdir())
    assert made == ["crew-handbook.pdf", "members-meeting.docx"]
    for name in made:
        assert pages(tmp_path / name) == pages(SAMPLES / name)


def test_the_sample_pdf_has_what_readers_find_hard() -> None:
    import pymupdf

    with pymupdf.open(SAMPLES / "crew-handbook.pdf") as opened:
        texts = [page.get_text() for page in opened]
        tables = [page.find_tables().tables for page in opened]
    assert len(texts) >= 4
    for number, text in enumerate(texts, 1):
        assert text.startswith("Harrow Reach Ferry Society · Crew Handbook\n")
        assert f"\n{number}\n" in text
    assert re.search(r"Pass-\nengers", texts[2])
    assert [len(found) for found in tables] == [0, 1, 0, 0]


def test_the_sample_questions_are_answered_where_they_say() -> None:
    questions = json.loads((SAMPLES / "questions.json").read_text("utf-8"))
    expected = [question["expects"] for question in questions if question["expects"]]
    assert len(expected) == 3 and len({e["file"] for e in expected}) == 3
    assert sum(question["expects"] is None for question in questions) == 1
    for e in expected:
        found = [number for number, text in enumerate(pages(SAMPLES / e["file"]), 1) if e["contains"] in text]
        assert found == [e["page"] or 1]


def test_each_sample_answer_stands_in_one_document_only() -> None:
    texts = {
        path.name: " ".join(pages(path))
        for path in SAMPLES.iterdir()
        if path.suffix in (".pdf", ".docx", ".md", ".csv", ".eml")
    }
    assert len(texts) == 5
    for word in ("gusts", "71 votes", "Kettleborough"):
        assert sum(word in text for text in texts.values()) == 1
    assert not any("Lisbon" in text or "train" in text for text in texts.values())
