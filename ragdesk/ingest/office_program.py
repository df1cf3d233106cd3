"""A file of an old Office program in, the same as a newer format out, by LibreOffice where it is installed.

LibreOffice runs below a process of its own, which ends it when it takes too long or when whoever asked is gone.
It opens no macros and fetches nothing.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from ragdesk.child import Call, Child, Payload
from ragdesk.errors import ChildDied, Unreadable

_TIMEOUT_S = 90.0
_POLL_S = 0.1
_PROFILE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Common/Security/Scripting">
<prop oor:name="DisableMacrosExecution" oor:op="fuse"><value>true</value></prop>
<prop oor:name="MacroSecurityLevel" oor:op="fuse"><value>3</value></prop>
<prop oor:name="BlockUntrustedRefererLinks" oor:op="fuse"><value>true</value></prop>
<prop oor:name="DisableActiveContent" oor:op="fuse"><value>true</value></prop></item>
</oor:items>
"""


def converted(path: Path, suffix: str, folder: Path) -> Path | None:
    """The file saved by LibreOffice with this suffix in a folder; None where LibreOffice is not installed.

    Raises `Unreadable` where LibreOffice does not open it.
    """
    program = office_program()
    if program is None:
        return None
    try:
        asked = {"program": program, "profile": str(_profile()), "path": str(path), "to": suffix, "folder": str(folder)}
        value, _ = _child().call("convert", asked, timeout_s=_TIMEOUT_S + 10)
    except ChildDied as error:
        raise Unreadable("LibreOffice could not open it", "Open it in its own program and save it again") from error
    if value["timed_out"]:
        raise Unreadable(
            f"LibreOffice takes longer than {_TIMEOUT_S:.0f} seconds to open it", f"Save it as {suffix} and add that"
        )
    made = folder / f"{path.stem}{suffix}"
    if not made.is_file():
        raise Unreadable(
            "LibreOffice, which reads files of its kind, could not open it",
            "It may be damaged or protected by a password",
        )
    return made


def office_program() -> str | None:
    """The command that starts LibreOffice; None where it is not installed where it usually is."""
    for name in ("soffice", "libreoffice"):
        if found := shutil.which(name):
            return found
    usual = [Path("/Applications/LibreOffice.app/Contents/MacOS/soffice")]
    for variable in ("PROGRAMFILES", "PROGRAMFILES(X86)"):
        if folder := os.environ.get(variable):
            usual.append(Path(folder) / "LibreOffice" / "program" / "soffice.exe")
    return next((str(path) for path in usual if path.is_file()), None)


@functools.cache
def _child() -> Child:
    child = Child(__name__, name="LibreOffice", gives_way=False)
    atexit.register(child.kill)
    return child


@functools.cache
def _profile() -> Path:
    """A profile of its own, so that it neither changes the user's nor waits for a window of LibreOffice that is open."""
    folder = Path(tempfile.mkdtemp(prefix="ragdesk-office-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    (folder / "user").mkdir()
    (folder / "user" / "registrymodifications.xcu").write_text(_PROFILE, "utf-8")
    return folder


# --- In the child -------------------------------------------------------------------------------------------------


def _convert(value: dict[str, Any], data: bytes, call: Call) -> Payload:
    command = [
        value["program"],
        f"-env:UserInstallation={Path(value['profile']).as_uri()}",
        *("--headless", "--norestore", "--nologo", "--nolockcheck", "--nodefault"),
        *("--convert-to", value["to"].lstrip("."), "--outdir", value["folder"], value["path"]),
    ]
    flags = getattr(subprocess, "CREATE_NO_WINDOW", 0)
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=users_environment(),
        start_new_session=True,
        creationflags=flags,
    )
    deadline = time.monotonic() + _TIMEOUT_S
    try:
        while process.poll() is None and time.monotonic() < deadline:
            call.check()
            time.sleep(_POLL_S)
        return {"timed_out": process.poll() is None}, b""
    finally:
        if process.poll() is None:
            _end(process)


def users_environment() -> dict[str, str]:
    """The user's own environment: a packed program puts its libraries before those of others (PyInstaller's manual)."""
    environment = dict(os.environ)
    if getattr(sys, "frozen", False):
        for name in ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"):
            environment.pop(name, None)
            if original := environment.pop(f"{name}_ORIG", ""):
                environment[name] = original
    return environment


def _end(process: subprocess.Popen[bytes]) -> None:
    """End it with what it started."""
    import psutil

    with contextlib.suppress(psutil.Error, OSError):
        for started in psutil.Process(process.pid).children(recursive=True):
            with contextlib.suppress(psutil.Error):
                started.kill()
    if sys.platform != "win32":
        with contextlib.suppress(OSError):
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    process.wait()


SERVED = {"convert": _convert}
