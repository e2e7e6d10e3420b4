"""What "Cần chỉ đạo" says: whom to call with every reason in full, and what else there is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from typing import Final

from streamlit.testing.v1 import AppTest

_ROW: Final = re.compile(r"<li>(.*?)</li>", re.DOTALL)
_LEVEL: Final = re.compile(r'dh-state dh-(bad|warn)">')
_SUBJECT: Final = re.compile(r'<(?:strong|a class="dh-call-unit"[^>]*)>(.+?)</(?:strong|a)>')
_REASON: Final = re.compile(
    r'<span>(?P<text>.+?)</span>(?: <a class="dh-link"[^>]*>(?P<label>.+?)</a>)?'
    r'|<span title="(?P<whole>.+?)">(?:<a class="dh-link"[^>]*>)?(?P<brief>[^<]+)'
)
_COUNT: Final = re.compile(r"[\d.]+ ")


@dataclass(frozen=True)
class Told:
    """A sentence, as it would stand alone: "Phường A còn 2 hồ sơ …. *Xem 2 hồ sơ*".

    ``is_call``: it is a reason to call a unit.
    """

    level: str
    subject: str
    sentence: str
    is_call: bool

    def __str__(self) -> str:
        return self.sentence


def listed(app: AppTest) -> list[Told]:
    """Every sentence, in the order of the screen; a row's reasons one by one."""
    found = []
    for part in app.get("html"):
        if 'class="dh-calls"' in part.proto.body:
            is_call = part.proto.body.startswith("<ol")
            for row in _ROW.findall(part.proto.body):
                found += list(_told(row, is_call))
    return found


def _told(row: str, is_call: bool) -> Iterator[Told]:
    level, subject = _LEVEL.search(row), _SUBJECT.search(row)
    assert level, row
    assert subject, row
    who = unescape(subject[1])
    for reason in _REASON.finditer(row):
        text = unescape((reason["text"] or reason["whole"]).rstrip(".")) + "."
        label = unescape(reason["label"] or "")
        if reason["brief"] and (count := _COUNT.match(reason["brief"])):
            assert count[0] in text, f"“{reason['brief']}” is not what “{text}” says"
            label = f"Xem {count[0]}hồ sơ"
        yield Told(level[1], who, f"{who} {text}{f' *{label}*' if label else ''}", is_call)
