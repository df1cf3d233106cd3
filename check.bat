@echo off
rem Lint, format, types, tests; stops at the first failure. Written for Windows 10 and later, not tried there yet.
setlocal
call "%~dp0.setup.bat" check
if errorlevel 1 exit /b %ERRORLEVEL%
cd /d "%~dp0"
set PY=".venv\Scripts\python.exe"
echo == ruff check .
%PY% -m ruff check . || exit /b 1
echo == ruff format --check .
%PY% -m ruff format --check . || exit /b 1
echo == mypy
%PY% -m mypy || exit /b 1
echo == pytest
%PY% -m pytest %* || exit /b 1
echo == All passed
