"""Pass-phrases: which are taken, how they are kept, and one-time ones.

Any letters of any script; compared as NFC, so that a keyboard that composes tones differently
types the same pass-phrase.
"""

from __future__ import annotations

import re
import secrets
import unicodedata
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Final

import bcrypt

from connectors.access.policy import policy

_COMMON: Final = Path(__file__).with_name("common.txt")
# Without letters and digits that are mistaken for each other when read off a console.
_LETTERS: Final = "abcdefghjkmnpqrstuvwxyz23456789"
_GROUPS, _GROUP = 4, 5
_LEFT: Final = 4
"""Letters that must be left beside common words, digits and the account's own name."""


class PassphraseRefused(ValueError):
    """The pass-phrase cannot be taken; the message says in Vietnamese what is wrong with it."""


def tidy(text: str) -> str:
    """The pass-phrase as it is hashed and checked: NFC, without space at its ends."""
    return unicodedata.normalize("NFC", text).strip()


def digest(text: str) -> str:
    """bcrypt hash of a pass-phrase that :func:`check` has let through (or of a one-time one)."""
    return bcrypt.hashpw(tidy(text).encode(), bcrypt.gensalt()).decode()


def matches(text: str, hashed: str) -> bool:
    """Whether it is the pass-phrase; False for one longer than any that could have been set."""
    tidied = tidy(text)
    if len(tidied.encode()) > policy().most_bytes:
        return False
    return bcrypt.checkpw(tidied.encode(), hashed.encode())


def one_time() -> str:
    """A random pass-phrase of about 99 bits, easy to read aloud, to be changed at once."""
    return "-".join(
        "".join(secrets.choice(_LETTERS) for _ in range(_GROUP)) for _ in range(_GROUPS)
    )


def check(text: str, name: str) -> None:
    """Raises PassphraseRefused for what is too short, too long, common, or the name itself."""
    tidied = tidy(text)
    least, most = policy().least_characters, policy().most_bytes
    if len(tidied) < least:
        raise PassphraseRefused(
            f"Mật khẩu quá ngắn: cần ít nhất {least} ký tự. Một câu dễ nhớ là tốt nhất."
        )
    if len(tidied.encode()) > most:
        raise PassphraseRefused(
            f"Mật khẩu quá dài: tối đa {most} byte (chữ có dấu chiếm 2–3 byte). Hãy rút gọn câu."
        )
    bare = _bare(tidied)
    if len(set(bare or tidied)) < 5:
        raise PassphraseRefused("Mật khẩu chỉ lặp lại vài ký tự; hãy chọn câu khác.")
    if _is_run(bare):
        raise PassphraseRefused("Mật khẩu là một dãy ký tự liên tiếp; hãy chọn câu khác.")
    if len(_without(bare, (*_common(), *_parts(name)))) < _LEFT:
        raise PassphraseRefused(
            "Mật khẩu quá phổ biến hoặc chứa tên đăng nhập; hãy chọn câu khác khó đoán hơn."
        )


def _parts(name: str) -> tuple[str, ...]:
    return tuple(_bare(part) for part in (name, *re.split(r"[^\w]+|_", name)) if len(part) > 2)


def _without(bare: str, words: tuple[str, ...]) -> str:
    """What is left to guess once the words that are tried first, and digits, are out."""
    for word in sorted(words, key=len, reverse=True):
        bare = bare.replace(word, "")
    return re.sub(r"\d", "", bare)


def _is_run(bare: str) -> bool:
    steps = {ord(after) - ord(before) for before, after in pairwise(bare)}
    return len(bare) > 3 and steps in ({1}, {-1}, {0})


def _bare(text: str) -> str:
    """Lower case letters and digits only, without tones."""
    apart = unicodedata.normalize("NFD", text.casefold().replace("đ", "d"))
    return "".join(letter for letter in apart if letter.isalnum())


@cache
def _common() -> tuple[str, ...]:
    lines = _COMMON.read_text(encoding="utf-8").splitlines()
    return tuple(_bare(line) for line in lines if line and not line.startswith("#"))
