"""Build what is installed: `python installers/build.py [--only frozen|deb|appimage|dmg|setup] [--no-trim]`.

In: this checkout, and the environment in .venv, which is made first if need be. Out, in dist/: the frozen program
(dist/ragdesk), the packages of this platform (Linux: .deb, and .AppImage where appimagetool is on the PATH; macOS: .dmg;
Windows: a setup program, where Inno Setup is installed), and a table of what weighs what.

Run by any Python 3.11 to 3.13 that is built with a shared library (Debian's is). Exit codes: 0 built, 3 something is missing.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import shutil
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DIST = ROOT / "dist"
WORK = ROOT / "build"
FROZEN = DIST / "ragdesk"
LINUX = ROOT / "installers" / "linux"
PYTHON = ROOT / ".venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
VERSION: str = PROJECT["version"]
ICON_SIZES = (16, 32, 48, 64, 128, 256, 512)
PACKAGES = {"linux": ("deb", "appimage"), "darwin": ("dmg",), "win32": ("setup",)}

DEB_DEPENDS = (  # what Qt loads, and the C library; PyInstaller leaves both to the system
    "libc6, libgl1, libegl1, libxkbcommon0, libxkbcommon-x11-0, libfontconfig1, libfreetype6, libdbus-1-3, libxcb-cursor0, "
    "libxcb-icccm4, libxcb-keysyms1, libxcb-shape0, libxcb-image0, libxcb-render-util0, libxcb-xkb1, "
    "fonts-dejavu-core | fonts-liberation"
)


class CannotBuild(Exception):
    """What is missing, and what to do about it."""


def main(arguments: Sequence[str]) -> int:
    """Freeze, weigh, package. Each step says what it does."""
    asked = argparse.ArgumentParser(description="Build what is installed, into dist/.")
    asked.add_argument("--only", choices=("frozen", *(name for names in PACKAGES.values() for name in names)))
    asked.add_argument("--no-trim", action="store_true", help="keep what is not used, to see what leaving it out saves")
    asked.add_argument("--ready", action="store_true", help="package dist/ragdesk as it is")
    options = asked.parse_args(arguments)
    try:
        if not options.ready:
            set_up()
            freeze(trim=not options.no_trim)
        weigh()
        if options.only != "frozen":
            for package in [options.only] if options.only else PACKAGES[sys.platform]:
                PACKING[package]()
    except CannotBuild as error:
        tell(f"error: {error}")
        return 3
    return 0


# --- The frozen program -------------------------------------------------------------------------------------------------


def set_up() -> None:
    """The environment of `./run` with PyInstaller in it."""
    run([sys.executable, str(ROOT / ".setup.py"), "run"])
    run([str(PYTHON), "-m", "pip", "install", "--quiet", *PROJECT["optional-dependencies"]["installer"]])


def freeze(*, trim: bool) -> None:
    """dist/ragdesk, by the recipe in ragdesk.spec."""
    tell(f"== Freezing RagDesk {VERSION} (about five minutes)")
    icons = draw_icons()
    kind = {"win32": "ragdesk.ico", "darwin": "ragdesk.icns"}.get(sys.platform, "256.png")
    environment = {**os.environ, "RAGDESK_ICON": str(icons / kind), "RAGDESK_TRIM": str(int(trim))}
    folders = ["--distpath", str(DIST), "--workpath", str(WORK / "frozen")]
    spec = ROOT / "installers" / "ragdesk.spec"
    run([str(PYTHON), "-m", "PyInstaller", "--noconfirm", "--log-level", "WARN", *folders, str(spec)], env=environment)
    if trim and sys.platform == "linux":
        strip()
    shutil.copy(ROOT / "LICENSE", FROZEN)
    run([str(PYTHON), str(ROOT / "installers" / "third_party.py"), str(FROZEN / "THIRD-PARTY.txt")])


def strip() -> None:
    """Leave out what only debuggers read: 110 MB. Libraries that wheels carry beside them (*.libs) do not load after that."""
    inside = FROZEN / "_internal"
    for file in [
        *inside.glob("torch/lib/*.so*"),
        *inside.glob("libpython*"),
        *inside.glob("chromadb_rust_bindings/*.so"),
    ]:
        run(["strip", "--strip-unneeded", str(file)])


def draw_icons() -> Path:
    """The icon of assets/icons/ragdesk.svg in all sizes as PNG, and for Windows and macOS in their own formats."""
    folder = WORK / "icons"
    folder.mkdir(parents=True, exist_ok=True)
    script = (
        "import sys; from PySide6.QtGui import QGuiApplication, QIcon; from PIL import Image; app = QGuiApplication([]);"
        "svg, folder, *sizes = sys.argv[1:]; icon = QIcon(svg);"
        "[icon.pixmap(int(s), int(s)).save(f'{folder}/{s}.png') for s in sizes];"
        "big = Image.open(f'{folder}/{sizes[-1]}.png');"
        "big.save(f'{folder}/ragdesk.ico', sizes=[(int(s), int(s)) for s in sizes[:-1]]); big.save(f'{folder}/ragdesk.icns')"
    )
    svg = ROOT / "assets" / "icons" / "ragdesk.svg"
    offscreen = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    run([str(PYTHON), "-c", script, str(svg), str(folder), *map(str, ICON_SIZES)], env=offscreen)
    return folder


def weigh() -> None:
    """Print what weighs what in dist/ragdesk, heaviest first."""
    sizes: Counter[str] = Counter()
    inside = FROZEN / "_internal"
    for file in FROZEN.rglob("*"):
        if file.is_file() and not file.is_symlink():
            owner = file.relative_to(inside).parts[0] if inside in file.parents else file.name
            sizes[re.sub(r"\.libs$|-[\d.+a-z]+\.dist-info$", "", owner)] += file.stat().st_size
    tell("MB      part")
    for name, size in sizes.most_common(24):
        tell(f"{size / 1e6:7.1f} {name}")
    tell(
        f"{sum(size for _, size in sizes.most_common()[24:]) / 1e6:7.1f} everything else\n{sizes.total() / 1e6:7.1f} in all"
    )


# --- Linux --------------------------------------------------------------------------------------------------------------


def deb() -> None:
    """dist/ragdesk_VERSION_ARCH.deb: the program in /usr/lib/ragdesk, `ragdesk` on the PATH, menu entry, icons, licence."""
    need("dpkg-deb", "It belongs to Debian and Ubuntu: sudo apt-get install dpkg")
    machine = run(["dpkg", "--print-architecture"], read=True).strip()
    tree = WORK / "deb"
    shutil.rmtree(tree, ignore_errors=True)
    install_tree(tree / "usr")
    size = sum(file.lstat().st_size for file in tree.rglob("*") if file.is_file()) // 1024
    control = tree / "DEBIAN" / "control"
    control.parent.mkdir()
    control.write_text(
        f"Package: ragdesk\nVersion: {VERSION}\nArchitecture: {machine}\nSection: text\nPriority: optional\n"
        f"Maintainer: The RagDesk team <ragdesk@localhost>\nInstalled-Size: {size}\nDepends: {DEB_DEPENDS}\n"
        "Recommends: desktop-file-utils, xdg-utils\nSuggests: libreoffice-core, tesseract-ocr\n"
        f"Description: {PROJECT['description']}\n"
        " Drop files and folders into a window and ask. Every answer is built from your own\n"
        " files and cites them; one click on a citation shows the very passage on its page.\n"
        " Nothing leaves this machine.\n",
        "utf-8",
    )
    target = DIST / f"ragdesk_{VERSION}_{machine}.deb"
    tell(f"== Packing {target.name} (a few minutes)")
    run(["dpkg-deb", "--root-owner-group", "-Zxz", "-z6", "--build", str(tree), str(target)])
    tell(f"{target.stat().st_size / 1e6:7.1f} MB {target}")


def appimage() -> None:
    """dist/RagDesk-VERSION-ARCH.AppImage, where appimagetool is on the PATH."""
    if not shutil.which("appimagetool"):
        tell("No AppImage: appimagetool is not on the PATH (https://github.com/AppImage/appimagetool/releases)")
        return
    tree = WORK / "RagDesk.AppDir"
    shutil.rmtree(tree, ignore_errors=True)
    install_tree(tree / "usr")
    (tree / "AppRun").symlink_to("usr/bin/ragdesk")
    shutil.copy(LINUX / "ragdesk.desktop", tree)
    shutil.copy(WORK / "icons" / "256.png", tree / "ragdesk.png")
    target = DIST / f"RagDesk-{VERSION}-{platform.machine()}.AppImage"
    run(["appimagetool", "--no-appstream", str(tree), str(target)], env={**os.environ, "ARCH": platform.machine()})
    tell(f"{target.stat().st_size / 1e6:7.1f} MB {target}")


def install_tree(prefix: Path) -> None:
    """What belongs below /usr."""
    shutil.copytree(FROZEN, prefix / "lib" / "ragdesk", symlinks=True)
    for folder in ("bin", "share/applications", "share/metainfo", "share/doc/ragdesk"):
        (prefix / folder).mkdir(parents=True)
    (prefix / "bin" / "ragdesk").symlink_to("../lib/ragdesk/ragdesk")
    shutil.copy(LINUX / "ragdesk.desktop", prefix / "share" / "applications")
    shutil.copy(LINUX / "org.ragdesk.RagDesk.metainfo.xml", prefix / "share" / "metainfo")
    shutil.copy(ROOT / "LICENSE", prefix / "share" / "doc" / "ragdesk" / "copyright")
    for size in ICON_SIZES:
        folder = prefix / "share" / "icons" / "hicolor" / f"{size}x{size}" / "apps"
        folder.mkdir(parents=True)
        shutil.copy(WORK / "icons" / f"{size}.png", folder / "ragdesk.png")
    scalable = prefix / "share" / "icons" / "hicolor" / "scalable" / "apps"
    scalable.mkdir(parents=True)
    shutil.copy(ROOT / "assets" / "icons" / "ragdesk.svg", scalable)


# --- macOS and Windows --------------------------------------------------------------------------------------------------


def dmg() -> None:
    """dist/RagDesk-VERSION-ARCH.dmg; signed where CODESIGN_IDENTITY is set, notarised where NOTARY_PROFILE is."""
    app = DIST / "RagDesk.app"
    identity, profile = os.environ.get("CODESIGN_IDENTITY"), os.environ.get("NOTARY_PROFILE")
    if identity:
        rights = str(ROOT / "installers" / "macos" / "entitlements.plist")
        how = ["--deep", "--force", "--timestamp", "--options", "runtime", "--entitlements", rights]
        run(["codesign", *how, "--sign", identity, str(app)])
    else:
        tell("Not signed: CODESIGN_IDENTITY is not set. Whoever opens it has to allow it in the system settings.")
    folder = WORK / "dmg"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    shutil.copytree(app, folder / app.name, symlinks=True)
    (folder / "Applications").symlink_to("/Applications")
    target = DIST / f"RagDesk-{VERSION}-{platform.machine()}.dmg"
    run(["hdiutil", "create", "-volname", "RagDesk", "-srcfolder", str(folder), "-ov", "-format", "ULFO", str(target)])
    if identity and profile:
        run(["xcrun", "notarytool", "submit", str(target), "--keychain-profile", profile, "--wait"])
        run(["xcrun", "stapler", "staple", str(target)])
    tell(f"{target.stat().st_size / 1e6:7.1f} MB {target}")


def setup() -> None:
    """dist/RagDesk-VERSION-setup.exe, by Inno Setup."""
    compiler = shutil.which("iscc") or str(Path(os.environ.get("PROGRAMFILES(X86)", "")) / "Inno Setup 6" / "ISCC.exe")
    if not Path(compiler).is_file():
        raise CannotBuild("Inno Setup 6 is not installed: winget install JRSoftware.InnoSetup")
    icon = WORK / "icons" / "ragdesk.ico"
    run([compiler, f"/DVersion={VERSION}", f"/DIcon={icon}", str(ROOT / "installers" / "windows" / "ragdesk.iss")])


PACKING = {"deb": deb, "appimage": appimage, "dmg": dmg, "setup": setup}


# --- Small --------------------------------------------------------------------------------------------------------------


def need(program: str, hint: str) -> None:
    if not shutil.which(program):
        raise CannotBuild(f"{program} is not on the PATH. {hint}")


def run(command: Sequence[str], *, env: dict[str, str] | None = None, read: bool = False) -> str:
    """Run a command, showing its output or returning it. Raises CannotBuild where it fails."""
    done = subprocess.run(command, env=env, stdout=subprocess.PIPE if read else None, text=True)
    if done.returncode:
        raise CannotBuild(f"{' '.join(map(str, command[:3]))} … ended with {done.returncode}")
    return done.stdout or ""


def tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
