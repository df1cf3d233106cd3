@echo off
rem Called by run.bat and check.bat. Finds a Python and lets .setup.py do the rest. Not tried on Windows yet.
set "SETUP_PYTHON="
if exist "%~dp0.venv\Scripts\python.exe" set SETUP_PYTHON="%~dp0.venv\Scripts\python.exe"
if not defined SETUP_PYTHON if defined PYTHON set SETUP_PYTHON="%PYTHON%"
if not defined SETUP_PYTHON for %%v in (3.13 3.12 3.11) do (
    if not defined SETUP_PYTHON py -%%v -c "import sqlite3, ssl" >nul 2>&1 && set "SETUP_PYTHON=py -%%v"
)
if not defined SETUP_PYTHON (
    python -c "import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))" >nul 2>&1 && set "SETUP_PYTHON=python"
)
if not defined SETUP_PYTHON (
    echo error: no usable Python 3.11, 3.12 or 3.13 was found 1>&2
    echo hint: install one from https://www.python.org/downloads/windows/ 1>&2
    exit /b 3
)
%SETUP_PYTHON% -I -S "%~dp0.setup.py" %*
exit /b %ERRORLEVEL%
