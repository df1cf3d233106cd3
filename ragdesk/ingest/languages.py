"""The name of a file and its first bytes in, the language that it is written in out; empty where that is none.

Also languages of settings, builds and data: what is read line by line and not as sentences.
"""

from __future__ import annotations

import re

_SUFFIXES = {
    "python": ".py .pyi .pyw .pyx .pxd .gyp .bzl .star",
    "javascript": ".js .mjs .cjs .jsx .es6",
    "typescript": ".ts .mts .cts",
    "tsx": ".tsx",
    "vue": ".vue .svelte .astro",
    "java": ".java",
    "kotlin": ".kt .kts",
    "scala": ".scala .sc .sbt",
    "groovy": ".groovy .gradle",
    "c": ".c .h",
    "c++": ".cc .cpp .cxx .c++ .hpp .hh .hxx .h++ .inl .ipp .tpp .ino .cu .cuh",
    "c#": ".cs .csx",
    "f#": ".fs .fsx .fsi",
    "visual basic": ".vb .bas .vbs .frm",
    "go": ".go",
    "rust": ".rs",
    "ruby": ".rb .rake .gemspec .ru .podspec",
    "php": ".php .phtml .php3 .php5",
    "swift": ".swift",
    "shell": ".sh .bash .zsh .ksh .bats .command",
    "powershell": ".ps1 .psm1 .psd1",
    "batch": ".bat .cmd",
    "lua": ".lua .luau",
    "perl": ".pl .pm .t",
    "r": ".r",
    "julia": ".jl",
    "haskell": ".hs .lhs",
    "ocaml": ".ml .mli",
    "elm": ".elm",
    "elixir": ".ex .exs",
    "erlang": ".erl .hrl",
    "clojure": ".clj .cljs .cljc .edn",
    "lisp": ".lisp .lsp .el .scm .ss .rkt",
    "dart": ".dart",
    "zig": ".zig",
    "nim": ".nim",
    "crystal": ".cr",
    "d": ".d",
    "solidity": ".sol",
    "fortran": ".f .for .f77 .f90 .f95 .f03 .f08",
    "pascal": ".pas .pp .dpr",
    "ada": ".adb .ads",
    "cobol": ".cob .cbl",
    "matlab": ".matlab",
    "assembly": ".asm .s",
    "verilog": ".v .sv .svh",
    "vhdl": ".vhd .vhdl",
    "glsl": ".glsl .vert .frag .hlsl .wgsl .metal",
    "gdscript": ".gd",
    "tcl": ".tcl",
    "awk": ".awk",
    "coffeescript": ".coffee",
    "sql": ".sql .ddl .pls .psql",
    "css": ".css .scss .sass .less .styl",
    "protobuf": ".proto .thrift .avdl",
    "graphql": ".graphql .gql .graphqls",
    "terraform": ".tf .tfvars .hcl .nix .bicep",
    "make": ".mk .mak .ninja",
    "cmake": ".cmake",
    "docker": ".dockerfile",
    "ini": ".toml .ini .cfg .conf .cnf .properties .env .editorconfig .desktop .service .reg .lock",
    "yaml": ".yaml .yml .jsonc .json5",
    "diff": ".patch .diff",
    "bibtex": ".bib",
    "log": ".log .out",
    "gettext": ".po .pot",
}
LANGUAGES = {suffix: language for language, suffixes in _SUFFIXES.items() for suffix in suffixes.split()}
"""Suffixes, each with its language."""

_NAMES = {
    "make": "makefile gnumakefile kbuild justfile",
    "cmake": "cmakelists.txt",
    "docker": "dockerfile containerfile",
    "ruby": "rakefile gemfile vagrantfile podfile fastfile brewfile guardfile capfile",
    "groovy": "jenkinsfile",
    "python": "sconstruct sconscript wscript snakefile build.bazel",
    "shell": ".bashrc .bash_profile .profile .zshrc .bash_aliases pkgbuild apkbuild",
    "ini": ".env .editorconfig .gitconfig .gitmodules .npmrc .flake8 .pylintrc pipfile codeowners procfile",
}
_LANGUAGES_OF_NAMES = {name: language for language, names in _NAMES.items() for name in names.split()}

_INTERPRETERS = {
    "python": "python", "pypy": "python", "sh": "shell", "bash": "shell", "dash": "shell", "zsh": "shell", "ksh": "shell",
    "node": "javascript", "nodejs": "javascript", "deno": "typescript", "bun": "typescript", "ruby": "ruby", "perl": "perl",
    "php": "php", "lua": "lua", "luajit": "lua", "rscript": "r", "pwsh": "powershell", "tclsh": "tcl", "wish": "tcl",
    "awk": "awk", "gawk": "awk", "make": "make", "julia": "julia", "groovy": "groovy", "elixir": "elixir", "escript": "erlang",
    "swift": "swift", "scala": "scala", "runhaskell": "haskell",
}  # fmt: skip
_SHEBANG = re.compile(rb"#![ \t]*(?:\S*/)?env[ \t]+(?:-\S+[ \t]+|\w+=\S*[ \t]+)*([\w.+-]+)|#![ \t]*(?:\S*/)?([\w.+-]+)")
_CPP = re.compile(rb"^[ \t]*(?:class|namespace|template|using|public:|private:|protected:)|\bstd::", re.M)
_OBJECTIVE = re.compile(rb"^[ \t]*(?:#import|@(?:interface|implementation|protocol|class|import)\b)", re.M)


def language_of(name: str, head: bytes) -> str:
    """The language of a file with this name that begins so."""
    name = name.lower()
    stem, dot, last = name.rpartition(".")
    suffix = f".{last}" if dot else ""
    if suffix in (".m", ".mm"):
        return "objective-c" if suffix == ".mm" or _OBJECTIVE.search(head) or b"//" in head else "matlab"
    if suffix == ".h" and _CPP.search(head):
        return "c++"
    known = LANGUAGES.get(suffix) or _LANGUAGES_OF_NAMES.get(name) or _LANGUAGES_OF_NAMES.get(stem if suffix else "")
    if known or suffix:
        return known or ""
    if match := _SHEBANG.match(head):
        program = (match[1] or match[2]).decode("ascii", "replace").lower()
        return _INTERPRETERS.get(program) or _INTERPRETERS.get(program.rstrip("0123456789.-"), "")
    return ""
