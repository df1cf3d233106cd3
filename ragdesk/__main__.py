"""`ragdesk`: a child process where the first argument says so, else the command line."""

from __future__ import annotations

import sys


def main() -> int:
    """Run what the arguments ask for and return the exit code."""
    if sys.argv[1:2] == ["--child"]:
        from ragdesk.child import serve

        return serve(sys.argv[2:])
    from ragdesk.cli import run

    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
