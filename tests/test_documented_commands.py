"""Every command that README, docs and messages show is one that the program takes.

Nothing is run: click reads the arguments and calls no command.
"""

from __future__ import annotations

import re
import shlex
from contextlib import suppress
from pathlib import Path

import click
import pytest

from connectors.__main__ import main as connectors
from connectors.settings import PROJECT_ROOT
from metrics.__main__ import main as metrics

PROGRAMS = {"connectors": connectors, "metrics": metrics}
DOCUMENTS = [
    PROJECT_ROOT / "README.md",
    *(path for path in sorted((PROJECT_ROOT / "docs").rglob("*.md")) if path.parent.name != "adr"),
]
COMMAND = re.compile(r"[^\s`“]*python -m (?:connectors|metrics)\b[^`\n]*")
NUMBERS = ("BATCH",)
"""Words that stand for a number."""


def shown(path: Path) -> list[str]:
    """The whole command lines of a document: in its blocks, and in code within a line."""
    text = path.read_text(encoding="utf-8")
    blocks = re.findall(r"^[ ]*```(?:sh)?\n(.*?)^[ ]*```", text, re.DOTALL | re.MULTILINE)
    blocks += re.findall(r"^ {4}(?=\S*python).*$", text, re.MULTILINE)
    inline = re.findall(r"`([^`\n]*python -m [^`\n]*)`", text)
    found = [line for part in (*blocks, *inline) for line in COMMAND.findall(part)]
    return [line for line in found if "…" not in line]


SHOWN = [(path.name, line) for path in DOCUMENTS for line in dict.fromkeys(shown(path))]


def read(line: str) -> None:
    """Let click read a command line as a shell would give it; raises what click raises."""
    words = _words(line.replace("[", "").replace("]", ""))
    place = words.index("-m")
    command: click.Command = PROGRAMS[words[place + 1]]
    arguments = ["12" if word in NUMBERS else word for word in words[place + 2 :]]
    while isinstance(command, click.Group) and arguments and not arguments[0].startswith("-"):
        name = arguments.pop(0)
        if name not in command.commands:
            raise click.UsageError(f"No such command {name!r}")
        command = command.commands[name]
    if isinstance(command, click.Group) and not arguments:
        return  # the program itself is named
    # --help, or a question that nobody answers here: the arguments were read.
    with suppress(click.exceptions.Exit, click.Abort):
        command.make_context(command.name, arguments)


def _words(line: str) -> list[str]:
    """The command's own words, up to where the shell goes on by itself."""
    shell = shlex.shlex(line, posix=True, punctuation_chars="();<>|&")
    shell.whitespace_split = True
    words = list(shell)
    ends = [place for place, word in enumerate(words) if set(word) <= set("();<>|&")]
    return words[: ends[0]] if ends else words


@pytest.mark.parametrize(("document", "line"), SHOWN)
def test_a_documented_command_is_one_that_the_program_takes(document: str, line: str) -> None:
    read(line)


@pytest.mark.parametrize(("document", "line"), SHOWN)
def test_a_documented_command_runs_with_the_python_that_has_the_packages(
    document: str, line: str
) -> None:
    assert line.startswith(".venv/bin/python -m ") or line.startswith("/opt/dung-han/.venv/bin/")


def test_the_documents_show_many_commands() -> None:
    assert len(SHOWN) > 40
    assert {name for name, _ in SHOWN} >= {
        "README.md",
        "connecting-a-source.md",
        "operations.md",
        "registers.md",
    }


@pytest.mark.parametrize(
    "stale",
    [
        ".venv/bin/python -m connectors templates mau.xlsx",
        ".venv/bin/python -m connectors template a.xlsx b.xlsx",
        ".venv/bin/python -m connectors import mau.xlsx",
        ".venv/bin/python -m metrics rows on_time --as-of yesterday",
    ],
)
def test_a_stale_command_would_be_found(stale: str) -> None:
    with pytest.raises(click.UsageError):
        read(stale)


def _messages() -> list[tuple[str, str]]:
    """The commands' names in texts of the program: ``register examples``, with its file."""
    found = []
    for folder in ("connectors", "metrics", "ui", "pages"):
        for path in sorted((PROJECT_ROOT / folder).rglob("*.py")):
            for line in path.read_text(encoding="utf-8").splitlines():
                if not line.lstrip().startswith(('"""', "#", "``")):
                    found += [
                        (f"{path.name}: {said}", said)
                        for said in re.findall(r"\S*python -m (?:connectors|metrics)[ a-z-]*", line)
                    ]
    return found


@pytest.mark.parametrize("said", [said for _, said in _messages()], ids=[i for i, _ in _messages()])
def test_a_command_in_a_message_is_there_and_can_be_typed_as_it_stands(said: str) -> None:
    before, _, rest = said.partition("python -m ")
    assert before.endswith(".venv/bin/")
    name, *words = rest.split()
    command: click.Command = PROGRAMS[name]
    while isinstance(command, click.Group) and words:
        assert words[0] in command.commands, said
        command = command.commands[words.pop(0)]
