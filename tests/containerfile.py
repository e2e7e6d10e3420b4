"""Reading a Containerfile: its instructions, as a builder would see them."""

from __future__ import annotations

import fnmatch
import json
import re
import shlex
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Instruction:
    """One instruction, with its continued lines as one; ``stage``: the place of its FROM."""

    name: str
    rest: str
    stage: int

    @property
    def words(self) -> list[str]:
        """What follows: a JSON list, or words."""
        if self.rest.startswith("["):
            return [str(word) for word in json.loads(self.rest)]
        return shlex.split(self.rest)


def instructions(text: str) -> list[Instruction]:
    """The instructions of a Containerfile, in order."""
    bare = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    found: list[Instruction] = []
    for line in re.sub(r"\\\n\s*", "", bare).splitlines():
        if line.strip():
            name, rest = line.split(None, 1)
            stage = sum(one.name == "FROM" for one in found) + (name == "FROM") - 1
            found.append(Instruction(name, rest.strip(), stage))
    return found


def is_sent(path: str, ignored: str) -> bool:
    """Whether a file of the folder goes to the builder, by the lines of a ``.dockerignore``."""
    sent = True
    parts = Path(path).parts
    for line in ignored.splitlines():
        rule = line.strip()
        if rule and not rule.startswith("#"):
            takes, pattern = not rule.startswith("!"), rule.removeprefix("!")
            above = ["/".join(parts[: n + 1]) for n in range(len(parts))]
            pattern = pattern.replace("**/", "*")
            if any(fnmatch.fnmatch(one, pattern) for one in above):
                sent = not takes
    return sent
