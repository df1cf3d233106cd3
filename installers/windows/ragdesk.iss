; The setup program for Windows, by Inno Setup 6: iscc /DVersion=0.1.0 /DIcon=C:\...\ragdesk.ico ragdesk.iss
; Installs for one user without asking for rights, or for all where they are given. User data stays when it is removed.

[Setup]
AppId={{6B7C5B1E-5B0C-4F0B-9C39-5C1D4E2E7A10}
AppName=RagDesk
AppVersion={#Version}
AppVerName=RagDesk {#Version}
DefaultDirName={autopf}\RagDesk
DefaultGroupName=RagDesk
PrivilegesRequired=lowest
PrivilegesRequiredOverridesAllowed=dialog
ArchitecturesAllowed=x64compatible
ArchitecturesInstallIn64BitMode=x64compatible
ChangesEnvironment=yes
ChangesAssociations=yes
Compression=lzma2/max
SolidCompression=yes
SetupIconFile={#Icon}
UninstallDisplayIcon={app}\RagDesk-window.exe
LicenseFile=..\..\LICENSE
OutputDir=..\..\dist
OutputBaseFilename=RagDesk-{#Version}-setup
WizardStyle=modern

[Tasks]
Name: desktop; Description: "{cm:CreateDesktopIcon}"; Flags: unchecked
Name: path; Description: "Make the command `ragdesk` available in terminals"

[Files]
Source: "..\..\dist\ragdesk\*"; DestDir: "{app}"; Flags: recursesubdirs ignoreversion

[Icons]
Name: "{group}\RagDesk"; Filename: "{app}\RagDesk-window.exe"
Name: "{autodesktop}\RagDesk"; Filename: "{app}\RagDesk-window.exe"; Tasks: desktop

[Registry]
; "Open with RagDesk" for every file and folder, as an offer: no type is taken over.
Root: HKA; Subkey: "Software\Classes\Applications\RagDesk-window.exe\shell\open\command"; ValueType: string; ValueData: """{app}\RagDesk-window.exe"" open ""%1"""; Flags: uninsdeletekey
Root: HKA; Subkey: "Software\Classes\Applications\RagDesk-window.exe"; ValueType: string; ValueName: "FriendlyAppName"; ValueData: "RagDesk"
Root: HKA; Subkey: "Software\Classes\Directory\shell\RagDesk"; ValueType: string; ValueData: "Add to RagDesk"; Flags: uninsdeletekey
Root: HKA; Subkey: "Software\Classes\Directory\shell\RagDesk"; ValueType: string; ValueName: "Icon"; ValueData: "{app}\RagDesk-window.exe"
Root: HKA; Subkey: "Software\Classes\Directory\shell\RagDesk\command"; ValueType: string; ValueData: """{app}\RagDesk-window.exe"" open ""%1"""
Root: HKCU; Subkey: "Environment"; ValueType: expandsz; ValueName: "Path"; ValueData: "{olddata};{app}"; Tasks: path; Check: NotOnPath

[Run]
Filename: "{app}\RagDesk-window.exe"; Description: "{cm:LaunchProgram,RagDesk}"; Flags: nowait postinstall skipifsilent

[Code]
function PathOfUser(): String;
begin
  if not RegQueryStringValue(HKCU, 'Environment', 'Path', Result) then
    Result := '';
end;

function NotOnPath(): Boolean;
begin
  Result := Pos(';' + Lowercase(ExpandConstant('{app}')) + ';', ';' + Lowercase(PathOfUser()) + ';') = 0;
end;

procedure CurUninstallStepChanged(Step: TUninstallStep);
var
  Path, Ours: String;
begin
  if Step <> usPostUninstall then
    exit;
  Path := ';' + PathOfUser() + ';';
  Ours := ';' + ExpandConstant('{app}') + ';';
  if StringChangeEx(Path, Ours, ';', True) > 0 then
    RegWriteExpandStringValue(HKCU, 'Environment', 'Path', Copy(Path, 2, Length(Path) - 2));
end;
