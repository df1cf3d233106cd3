@echo off
rem Start RagDesk; the first time, set it up in .venv. What follows goes to ragdesk, for example: run demo
rem Written for Windows 10 and later, not tried there yet.
setlocal
call "%~dp0.setup.bat" run
if errorlevel 1 exit /b %ERRORLEVEL%
"%~dp0.venv\Scripts\ragdesk.exe" %*
exit /b %ERRORLEVEL%
