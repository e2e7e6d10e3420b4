"""The widgets and chips of a screen's filters, from the declaration of its address."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import streamlit as st

from metrics.core.vietnamese import in_short, number
from ui.kit.links import link
from ui.kit.marks import Html
from ui.kit.query import UNKNOWN, Asked, Parameter
from ui.kit.screen import Screen

Words = Mapping[str, Mapping[Any, str]]
"""Parameter → value → how it is called; in the order of the widgets and of their options."""

_MOST_CHIPS: Final = 3
"""So many values of one filter get a chip each; more share one."""
_WIDTH: Final = 290
# What a select box holds where nothing is chosen; it shows no label for None.
_EVERY: Final = ""


def filters(screen: Screen, words: Words) -> None:
    """The widgets of the named parameters; a search field where there are no words."""
    with st.container(key=f"{screen.asked.query.screen}_filters", horizontal=True, gap="small"):
        for name, options in words.items():
            widget(screen.asked, name, options)


def widget(
    asked: Asked, name: str, options: Mapping[Any, str], *, shown: Any = None, **look: Any
) -> None:
    """The widget of one parameter: it shows the address, and a change goes there.

    ``shown``: the one of the options that the screen takes where the address names none.
    """
    parameter = asked.query.parameters[name]
    key = f"{asked.query.screen}_{name}"

    def changed() -> None:
        held = st.session_state[key]
        asked.go(**{name: tuple(held) if parameter.is_several else held})

    usual: dict[str, Any] = {"key": key, "on_change": changed, "width": _WIDTH} | look
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


def _of(screen: Screen, name: str, options: Mapping[Any, str]) -> list[Html]:
    asked, parameter = screen.asked, screen.asked.query.parameters[name]
    if not asked.is_set(name):
        return []
    values = asked[name] if parameter.is_several else (asked[name],)
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
