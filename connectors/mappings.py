"""One's own mappings: what lies in the installation's folder, and what is wrong with it."""

from __future__ import annotations

import logging
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from connectors.intake.files import mapping_text
from connectors.intake.mapping import SHIPPED, load_mapping
from connectors.intake.places import mapping_files, unread
from connectors.intake.report import IntakeRefused
from connectors.registers.mapping import SHIPPED as REGISTERS_SHIPPED
from connectors.registers.mapping import load_register_mapping

_log = logging.getLogger(__name__)

Kind = Literal["file", "folder", "pull", "rest", "register"]
WORDS: Final[dict[Kind, str]] = {
    "file": "hồ sơ, từ tệp",
    "folder": "hồ sơ, từ thư mục theo dõi",
    "pull": "hồ sơ, kéo từ cơ sở dữ liệu",
    "rest": "hồ sơ, kéo từ dịch vụ web",
    "register": "sổ",
}


@dataclass(frozen=True)
class OwnMapping:
    """A file of the folder.

    ``kind``: what it reads; None: too broken to tell. ``label``: its source, or what its files are
    called. ``register``: the register that it is of, else "".
    ``replaces``: a shipped mapping has this name; this one is meant by it. ``fault``: why it cannot
    be used (Vietnamese, a line a fault, with the nearest right name), or None.
    """

    name: str
    path: Path
    kind: Kind | None
    label: str
    register: str
    replaces: bool
    fault: str | None

    @property
    def note(self) -> str:
        """What is said of it in a list."""
        return "của đơn vị, thay ánh xạ kèm theo cùng tên" if self.replaces else "của đơn vị"


def own_mappings(folder: Path) -> list[OwnMapping]:
    """The mappings of a folder, by name, each read and checked; no folder: none.

    Raises IntakeRefused where the folder cannot be read.
    """
    try:
        files = mapping_files(folder)
    except OSError as error:
        raise IntakeRefused(unread(folder)) from error
    return [_checked(name, path) for name, path in files.items()]


def _checked(name: str, path: Path) -> OwnMapping:
    kind, label, register, fault = None, "", "", None
    try:
        kind, label, register = _read(path)
    except IntakeRefused as error:
        fault = str(error)
    shipped = (folder / f"{name}.toml" for folder in (SHIPPED, REGISTERS_SHIPPED))
    replaces = any(file.is_file() for file in shipped)
    return OwnMapping(name, path, kind, label, register, replaces, fault)


def _read(path: Path) -> tuple[Kind, str, str]:
    if _is_of_a_register(path):
        found = load_register_mapping(path)
        return "register", found.label or found.register_, found.register_
    mapping = load_mapping(path)
    ways: tuple[tuple[Kind, object], ...] = (
        ("pull", mapping.sql),
        ("rest", mapping.rest),
        ("folder", mapping.folder),
    )
    kind: Kind = next((name for name, way in ways if way is not None), "file")
    return kind, mapping.source.name, ""


def _is_of_a_register(path: Path) -> bool:
    try:
        content = tomllib.loads(mapping_text(path))
    except (ValueError, RecursionError):
        return False  # told by whoever reads it as a mapping of dossiers
    return "register" in content and "source" not in content


def faults(folder: Path) -> list[str]:
    """What is wrong in the folder, a text a file; empty: nothing."""
    try:
        return [one.fault for one in own_mappings(folder) if one.fault is not None]
    except IntakeRefused as error:
        return [str(error)]


def warn(folder: Path) -> None:
    """Log what is wrong in the folder: a line a mapping that cannot be used."""
    for fault in faults(folder):
        _log.warning("a mapping of one's own cannot be used: %s", " ".join(fault.split()))


def state(folder: Path) -> tuple[tuple[str, int, int], ...]:
    """What changes whenever a file of the folder does, or may not be read: a key for caches."""
    try:
        files = mapping_files(folder)
        stats = [(name, path.stat()) for name, path in files.items()]
    except OSError:
        return (("", -1, 0),)
    return tuple((name, stat.st_mtime_ns, stat.st_size) for name, stat in stats)
