"""Whether the service's account may read and write what it needs, whoever asks."""

from __future__ import annotations

import grp
import os
import pwd
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from connectors.origins import owner_of
from connectors.settings import Settings

_BITS: Final = {"r": 4, "w": 2, "x": 1}


@dataclass(frozen=True)
class Account:
    """An account of the machine, by number; ``groups``: all of its own."""

    number: int
    name: str
    group: str
    groups: frozenset[int]

    def may(self, path: Path, rights: str) -> bool:
        """Whether it has all of ``rights`` ("rwx") on a path, and may enter the folders above.

        By the mode bits: what access lists allow or refuse beyond them is not seen, but for the
        account that asks, which the system answers.
        """
        if self.number == os.geteuid():
            wanted = sum({"r": os.R_OK, "w": os.W_OK, "x": os.X_OK}[right] for right in rights)
            return os.access(path, wanted, effective_ids=True)
        return all(self._has(folder, "x") for folder in path.parents) and self._has(path, rights)

    def _has(self, path: Path, rights: str) -> bool:
        try:
            found = path.stat()
        except OSError:
            return False
        if self.number == 0:
            return True
        shift = 6 if found.st_uid == self.number else 3 if found.st_gid in self.groups else 0
        return all(found.st_mode >> shift & _BITS[right] for right in rights)


def service_account(settings: Settings) -> Account:
    """The account whose the data folder is, where root asks; else whoever asks."""
    owner = owner_of(settings.data_dir)
    if os.geteuid() == 0 and owner is not None and owner.pw_uid:
        groups = frozenset(os.getgrouplist(owner.pw_name, owner.pw_gid))
        return Account(owner.pw_uid, owner.pw_name, _group(owner.pw_gid), groups)
    groups = frozenset({os.getegid(), *os.getgroups()})
    return Account(os.geteuid(), _name(os.geteuid()), _group(os.getegid()), groups)


def _name(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)


def _group(number: int) -> str:
    try:
        return grp.getgrgid(number).gr_name
    except KeyError:
        return str(number)
