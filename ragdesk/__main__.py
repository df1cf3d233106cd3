"""`ragdesk`: a child process where the first argument says so, else the command line."""

from __future__ import annotations

import os
import sys


def main() -> int:
    """Run what the arguments ask for and return the exit code."""
    # numpy's threads wait busily for more work, 25 ms long as it comes: so long the other processes lack a core. On two
    # cores a question takes 48 ms instead of 55 (tests/benchmarks/search_speed.py with this in the environment).
    os.environ.setdefault("OPENBLAS_THREAD_TIMEOUT", "4")
    if sys.argv[1:2] == ["--child"]:
        from ragdesk.child import serve

        return serve(sys.argv[2:])
    from ragdesk.cli import run

    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
