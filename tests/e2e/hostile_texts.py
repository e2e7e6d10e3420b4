"""Texts that want to be more than text, and what a reader has to see of each."""

from __future__ import annotations

import re
from typing import Final

from connectors.cells import SPACES, UNSEEN

HOST: Final = "ke-xau.example"

FAMILIES: Final = (
    *(f"xem https://{HOST}/x?y=1&z=2 b", f"HTTP://{HOST}", f"www.{HOST}", f"xem WWW.{HOST}, b"),
    *(f"a@{HOST}", f"mailto:a@{HOST} xmpp:a@b.c/d", f"ftp://{HOST}", f"<https://{HOST}>"),
    *(
        f"http://http://www.www.{HOST}",
        f"(https://{HOST})",
        f"_https://{HOST}_",
        f"\\https://{HOST}",
    ),
    *(f"[m](https://{HOST})", f"![i](https://{HOST}/i.png)", f"[m]: https://{HOST}", "[m] [ ] x"),
    *(f"<img src=https://{HOST}/i.png onerror=alert(1)>", "<b id=z>đậm</b>", "<!-- x -->"),
    *(":material/delete: x", "x :material_delete: y", ":streamlit:", "a :smile: b :+1: :-1:"),
    ":red[đỏ] :red-background[x] :blue-badge[b] :small[s] :rainbow[r] :help[h] :shimmer[s]",
    *(":color[x]{foreground=red}", "$x^2$ và $$y$$", "a[^1]\n\n[^1]: chân", "^x^ ~x~ ==z=="),
    *("| a | b |\n|---|---|\n| c | d |", "{{7*7}} ${x} %{y} {0} %{customdata[0]}", "a\n\nb"),
    *("\u202eđảo\u202c \u2067x", "ze\u200bro", "1. một", "12. một", "1) hai", "- gạch", "+ cộng"),
    *("# đầu", "> trích", "    mã", "===", "---", "***", "-> x", "<->", "\t:smile", "a  b"),
    *("a -> b <- c <-> d -- e >= f <= g ~= h", "&lt;b&gt; &amp; &#58; &copy;", "`mã` ```x```"),
    *("~~gạch~~ *nghiêng* __đậm__", "a\\b \\: \\*", "08:30:15", "Quyết định: số 1", "../../x"),
    *("https:", "www", ":material/delete", ":streamlit", "x:smile", "a@b", "'nháy' \"đơn\" …"),
    *("javascript:alert(1)", "chữ " * 300),
)


def shown(text: str) -> str:
    """What is to be read of a text: what cannot be seen is gone, blanks are one space."""
    return re.sub(f"{SPACES}+", " ", re.sub(UNSEEN, "", text)).strip(" ")
