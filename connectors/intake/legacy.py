"""Recognising text in the fonts' own codes of before Unicode: TCVN3 (ABC) and VNI.

Such text cannot be told from symbols by a program that only decodes bytes, so it is refused by
name instead of being imported as nonsense.
"""

from __future__ import annotations

import re
from typing import Final, Literal

# TCVN3 keeps its letters where Western code pages have signs: in real words those signs stand
# next to Latin letters ("Hµ Néi", "®Êt ®ai"), which ordinary text never does.
_SIGNS: Final = "¡¢£¤¥¦§¨©ª«¬®¯°±²³´µ¶·¸¹»¼½¾"
_TCVN3: Final = re.compile(f"[A-Za-z][{_SIGNS}]|[{_SIGNS}][A-Za-z]")
# VNI writes the tone as a second letter after the vowel ("Haø Noäi", "ñaát ñai").
_VNI: Final = re.compile("[aeouyAEOUY][øûïåäëüØÛÏÅÄËÜ]|[ñÑ][a-zA-Zöô]|[a-zA-Z]ö")
_VIETNAMESE: Final = re.compile("[ăđơưĂĐƠƯ\u1ea0-\u1ef9\u0300\u0301\u0303\u0309\u0323]")
_ENOUGH: Final = 3


def legacy_code(text: str) -> Literal["TCVN3 (ABC)", "VNI"] | None:
    """The legacy code that ``text`` is written in, or None for Unicode or plain text."""
    vietnamese = len(_VIETNAMESE.findall(text))
    tcvn3, vni = len(_TCVN3.findall(text)), len(_VNI.findall(text))
    if max(tcvn3, vni) < _ENOUGH or max(tcvn3, vni) <= vietnamese:
        return None
    return "TCVN3 (ABC)" if tcvn3 >= vni else "VNI"


def refusal(code: str) -> str:
    """What the one who brought the file is told (Vietnamese)."""
    return (
        f"Chữ trong tệp là bảng mã cũ {code}, không phải Unicode, nên không nhập được. "
        "Hãy chuyển tệp sang Unicode (ví dụ bằng công cụ chuyển mã của Unikey, "
        f"từ {code} sang Unicode) rồi nhập lại. Chưa có gì được ghi."
    )
