# shellcheck shell=sh
# Sourced by `run` and `check`, which set $root. Finds a Python and lets .setup.py do the rest; returns at once when
# all is there.
: "${root:?}"

suits='import sys, sqlite3, ssl, ctypes; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))'

find_python() {
    if [ -n "${PYTHON:-}" ]; then
        if "$PYTHON" -c "$suits" >/dev/null 2>&1; then
            echo "$PYTHON"
            return
        fi
        echo "error: PYTHON=$PYTHON is no usable Python 3.11, 3.12 or 3.13" >&2
        echo "hint: name another one, or unset PYTHON to let RagDesk look for one" >&2
        return 3
    fi
    for candidate in python3 python3.13 python3.12 python3.11; do
        if "$candidate" -c "$suits" >/dev/null 2>&1; then
            command -v "$candidate"
            return
        fi
    done
    echo "error: no usable Python 3.11, 3.12 or 3.13 was found" >&2
    echo "hint: on Debian and Ubuntu: sudo apt-get install -y python3 python3-venv build-essential cmake" >&2
    echo "hint: a Python elsewhere is named like this: PYTHON=/path/to/python3.12 ./run" >&2
    return 3
}

set_up() {
    # With its own Python where there is one: that answers fastest whether anything is to do.
    if [ -x "$root/.venv/bin/python" ] && "$root/.venv/bin/python" -I -S -c '' 2>/dev/null; then
        python=$root/.venv/bin/python
        if [ -n "${PYTHON:-}" ]; then find_python >/dev/null || exit 3; fi
    else
        python=$(find_python) || exit 3
    fi
    "$python" -I -S "$root/.setup.py" "$@" || exit $?
}
