"""What must not stand in the audit: secrets and personal data."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Any, Final

HIDDEN: Final = "[đã che]"

_SECRET_KEYS: Final = re.compile(
    r"pass(word|phrase|code)?$|passphrase|password|passwd|secret|token|cookie|credential|bearer"
    r"|api_?key|private|mat_?khau|bcrypt|argon|otp$|^pin$|session_id|(owner|audit)_key"
)
_PERSONAL_KEYS: Final = re.compile(
    r"^owner|^(full_?)?name$|phone|mobile|address|national|identity|cccd|cmnd|e?mail|birth"
    r"|dien_thoai|dia_chi|ho_ten"
)
_DIGEST_KEYS: Final = frozenset({"sha256"})

_SECRETS: Final = (
    re.compile(r"\$(2[abxy]|argon2\w*|scrypt|pbkdf2[\w-]*|[156])\$\S{8,}"),  # stored pass-phrases
    re.compile(r"gAAAA[\w-]{20,}"),  # Fernet
    re.compile(r"eyJ[\w-]{8,}\.[\w-]+"),  # JSON web token
    re.compile(r"(?<![0-9a-fA-F])[0-9a-fA-F]{32,}(?![0-9a-fA-F])"),
    re.compile(r"(?<![\w+/-])(?=[\w+/-]*[a-z])(?=[\w+/-]*[A-Z])(?=[\w+/-]*\d)[\w+/-]{24,}=*"),
    re.compile(r"\w+://[^\s/:@]+:[^\s@]+@"),  # an address with its pass-phrase
    re.compile(r"(?i)\bBearer\s+\S{8,}"),
)
# Vietnamese telephone numbers, with the usual separators, and 12-digit identity numbers.
_PERSONAL: Final = (
    re.compile(r"(?<![\w.-])(?:\+?84|0)(?:[ .]?\d){9}(?![\w-])(?!\.\d)"),
    re.compile(r"(?<![\w.-])0\d{11}(?![\w-])(?!\.\d)"),
    re.compile(r"[\w.+-]+@[\w-]+\.\w+"),
)
_LONGEST: Final = 4000


class AuditRefused(ValueError):
    """A line that would carry a secret or personal data; ``str()`` says in Vietnamese which."""


def check_detail(detail: Mapping[str, Any]) -> None:
    """Let pass a flat mapping of texts, numbers, booleans, None and lists of them.

    Raises AuditRefused for a key or a value that looks like a secret or like personal data
    (telephone, identity number, e-mail), and for anything nested or too long.
    """
    for key, value in detail.items():
        plain = _plain_key(key)
        if plain not in _DIGEST_KEYS and (
            _SECRET_KEYS.search(plain) or _PERSONAL_KEYS.search(plain)
        ):
            raise AuditRefused(
                f"Nhật ký kiểm soát không ghi mật khẩu, khóa hay dữ liệu cá nhân: “{key}”."
            )
        for item in value if isinstance(value, list | tuple) else (value,):
            if item is not None and not isinstance(item, str | int | float | bool):
                raise AuditRefused(f"Nhật ký kiểm soát chỉ ghi chữ và số: “{key}”.")
            if isinstance(item, str) and plain not in _DIGEST_KEYS:
                check_text(item)


def _plain_key(key: str) -> str:
    letters = unicodedata.normalize("NFD", key.casefold().replace("đ", "d"))
    bare = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return re.sub(r"[^a-z0-9]+", "_", bare)


def check_text(text: str) -> None:
    """Raise AuditRefused for a text with something like a secret or personal data in it."""
    if len(text) > _LONGEST:
        raise AuditRefused(f"Nội dung dài {len(text)} ký tự, tối đa {_LONGEST}; hãy rút ngắn.")
    if any(pattern.search(text) for pattern in _SECRETS):
        raise AuditRefused(
            "Nội dung có đoạn giống mật khẩu, khóa hoặc mã phiên; nhật ký kiểm soát không ghi. "
            "Hãy bỏ đoạn đó."
        )
    if any(pattern.search(text) for pattern in _PERSONAL):
        raise AuditRefused(
            "Nội dung có đoạn giống số điện thoại, số giấy tờ hoặc thư điện tử; nhật ký kiểm soát "
            "không ghi dữ liệu cá nhân. Hãy bỏ đoạn đó."
        )


def plain(text: str | None) -> str | None:
    """The text with what looks like a secret or personal data covered.

    For what was not typed for the audit, such as a file's name: it must not make an import fail.
    """
    if text is None:
        return None
    for pattern in (*_SECRETS, *_PERSONAL):
        text = pattern.sub(HIDDEN, text)
    return text[:_LONGEST]
