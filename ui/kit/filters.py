"""The widgets and chips of a screen's filters, from the declaration of its address."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

import streamlit as st

from metrics.core.vietnamese import in_short, number
from ui.kit.links import link
from ui.kit.marks import Html
from ui.kit.query import UNKNOWN, Asked, Parameter
from ui.kit.screen import Screen
from ui.shell.fresh import fresh
from ui.shell.text import safe

Words = Mapping[str, Mapping[Any, str]]
"""Parameter → value → how it is called; in the order of the widgets and of their options."""

Counts = Mapping[str, Mapping[Any, int]]
"""Parameter → value → how many rows have it, where that is told beside its word."""

_MOST_CHIPS: Final = 3
"""So many values of one filter get a chip each; more share one."""
_MOST_SHOWN: Final = 4
"""So many filters stand on the screen; of more, all but the first of them in a fold."""
_WIDTH: Final = 290
_PRESENT: Final = object()
# What a select box holds where nothing is chosen; it shows no label for None.
_EVERY: Final = ""


def filters(screen: Screen, words: Words, counts: Counts = MappingProxyType({})) -> None:
    """The widgets of the named parameters; a search field where there are no words."""
    own = screen.asked.query.screen
    told = {name: _counted(options, counts.get(name, {})) for name, options in words.items()}
    most = _MOST_SHOWN if len(told) <= _MOST_SHOWN else _MOST_SHOWN - 1
    shown, rest = list(told)[:most], list(told)[most:]
    with st.container(
        key=f"{own}_filters", horizontal=True, gap="small", vertical_alignment="bottom"
    ):
        for name in shown:
            widget(screen.asked, name, told[name])
        if rest:
            with st.popover("Lọc thêm", icon=":material/filter_list:", key=f"{own}_more"):
                for name in rest:
                    _folded(screen.asked, name, told[name])


def _counted(options: Mapping[Any, str], counts: Mapping[Any, int]) -> Mapping[Any, str]:
    return {
        value: f"{word} ({number(counts[value])})" if value in counts else word
        for value, word in options.items()
    }


def switch(screen: Screen, name: str, words: Mapping[Any, str], now: Any = _PRESENT) -> None:
    """A choice that stands open: a link for each value, the present one marked.

    ``now``: which it is, where that is not the parameter's own value.
    """
    present = screen.asked[name] if now is _PRESENT else now
    label = screen.asked.query.parameters[name].label
    links = "".join(
        link(word, screen.href(**{name: value}), style="dh-switch", is_now=present == value)
        for value, word in words.items()
    )
    st.html(f'<nav class="dh-switches" aria-label="{safe(label)}">{links}</nav>')


def widget(
    asked: Asked,
    name: str,
    options: Mapping[Any, str],
    *,
    shown: Any = None,
    **look: Any,
) -> None:
    """The widget of one parameter: it shows the address, and a change goes there.

    ``shown``: the one of the options that the screen takes where the address names none.
    """
    _draw(asked, name, options, f"{asked.query.screen}_{name}", shown, look)


def _folded(asked: Asked, name: str, options: Mapping[Any, str]) -> None:
    """The same in a fold, which the browser may not draw at once (ui/shell/fresh.py)."""
    is_several = asked.query.parameters[name].is_several
    shows = list(asked[name]) if is_several else asked[name] or _EVERY
    key = fresh(f"{asked.query.screen}_{name}", shows)
    _draw(asked, name, options, key, None, {"width": "stretch"})


def _draw(
    asked: Asked,
    name: str,
    options: Mapping[Any, str],
    key: str,
    shown: Any,
    look: Mapping[str, Any],
) -> None:
    parameter = asked.query.parameters[name]

    def changed() -> None:
        held = st.session_state[key]
        asked.go(**{name: tuple(held) if parameter.is_several else held})

    usual: dict[str, Any] = {"key": key, "on_change": changed, "width": _WIDTH, **look}
    if parameter.kind == "text":
        st.session_state[key] = asked[name]
        st.text_input(parameter.label, max_chars=64, **usual)
    elif parameter.is_several:
        chosen = list(asked[name])
        st.session_state[key] = chosen
        st.multiselect(
            parameter.label,
            list(dict.fromkeys([*options, *chosen])),
            format_func=lambda value: options.get(value, f"Mã {value}"),
            placeholder=parameter.every,
            **usual,
        )
    else:
        now = shown if asked[name] is None else asked[name]
        every = _choices(parameter, options, now, is_any=shown is None)
        st.session_state[key] = _EVERY if now is None else now
        st.selectbox(parameter.label, list(every), format_func=every.__getitem__, **usual)


def _choices(
    parameter: Parameter, options: Mapping[Any, str], now: Any, *, is_any: bool
) -> dict[Any, str]:
    """The options, "all" before them; what the address asks for is always among them."""
    every = {_EVERY: parameter.every} if parameter.usual is None and is_any else {}
    found = {**every, **options}
    return found if now is None or now in found else {**found, now: f"Mã {now}"}


def chips(screen: Screen, words: Words) -> None:
    """What narrows the list, each to be taken off with one click; and all of it."""
    found = [chip for name, options in words.items() for chip in _of(screen, name, options)]
    if not found:
        return
    reset = link("Bỏ lọc", screen.to(screen.page, screen.asked.reset().params()))
    st.html(f'<div class="dh-chips" role="group" aria-label="Bộ lọc">{"".join(found)}{reset}</div>')


def set_words(screen: Screen, words: Words) -> list[str]:
    """What narrows the list, in words, each value told."""
    return [
        f"{parameter.label}: {_word(parameter, options, value)}"
        for name, options in words.items()
        for parameter, values in [_values(screen, name)]
        for value in values
    ]


def _values(screen: Screen, name: str) -> tuple[Parameter, tuple[Any, ...]]:
    """A parameter with the values that it is set to."""
    asked, parameter = screen.asked, screen.asked.query.parameters[name]
    if not asked.is_set(name):
        return parameter, ()
    return parameter, asked[name] if parameter.is_several else (asked[name],)


def _of(screen: Screen, name: str, options: Mapping[Any, str]) -> list[Html]:
    parameter, values = _values(screen, name)
    if len(values) > _MOST_CHIPS:
        return [_chip(f"{parameter.label}: {number(len(values))} giá trị", screen, {name: ()})]
    return [
        _chip(
            f"{parameter.label}: {in_short(_word(parameter, options, value), 40)}",
            screen,
            {name: tuple(other for other in values if other != value)}
            if parameter.is_several
            else {name: None},
        )
        for value in values
    ]


def _word(parameter: Parameter, options: Mapping[Any, str], value: Any) -> str:
    if parameter.kind == "text":
        return f"“{value}”"
    return options.get(value, "chưa rõ" if value in (None, UNKNOWN) else f"Mã {value}")


def _chip(label: str, screen: Screen, without: Mapping[str, Any]) -> Html:
    return link(label, screen.href(**without), style="dh-chip", more="(bỏ)")
