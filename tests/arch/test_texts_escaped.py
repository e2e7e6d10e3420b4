"""What screens draw as Markdown takes nothing from the records but through ``plain``.

An approximation that reads the code: of each call that draws Markdown it follows the text (also
through names of the same function) and asks that whatever looks like a record's value
(``row["…"]``, ``….name``, ``unit_names[…]``) stands within ``plain(…)`` or a function that gives
numbers, days or our own words. The browser looks at the rest (tests/e2e/test_hostile_texts.py).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from connectors.settings import PROJECT_ROOT

_TEXT: Final = frozenset({
    "badge", "button", "caption", "checkbox", "date_input", "download_button", "empty", "error",
    "expander", "file_uploader", "form_submit_button", "go", "header", "info", "markdown",
    "metric", "multiselect", "number_input", "page_link", "pills", "popover", "progress", "radio",
    "segmented_control", "selectbox", "spinner", "subheader", "success", "text_area",
    "text_input", "title", "toast", "toggle", "warning", "write",
})  # fmt: skip
_NAMED: Final = ("label", "help", "body", "text", "title", "what", "why", "value", "delta")

_CLEAN: Final = frozenset({
    "any", "as_of", "begin", "bool", "count", "day", "day_text", "int", "isoformat", "len", "level",
    "local", "max", "min", "moment", "number", "percent", "period_words", "plain", "points",
    "round", "safe", "strftime", "sum", "value_word", "values",
})  # fmt: skip
"""Functions whose answer is no record's text: escaped, or a number, a day, our own words."""

_ATTRIBUTES: Final = frozenset({
    "by", "code", "document", "everything", "field_names", "file_name", "full_name", "name", "note",
    "person", "problem", "reason", "source", "subject", "title", "unit_names", "whose", "wording",
})  # fmt: skip
"""Attributes that hold what records or accounts say."""


def _functions(tree: ast.AST) -> Iterator[ast.AST]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.Lambda):
            yield node


def _sink(call: ast.Call) -> str | None:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    return name if name in _TEXT else None


def _texts(call: ast.Call, name: str) -> Iterator[ast.expr]:
    places = {"metric": 3, "go": 3, "empty": 3, "page_link": 0}.get(name, 1)
    yield from call.args[2:places] if name == "go" else call.args[:places]
    yield from (one.value for one in call.keywords if one.arg in _NAMED)


def _raw(node: ast.AST, known: dict[str, list[ast.expr]], depth: int = 4) -> Iterator[ast.AST]:
    """The parts of an expression that are a record's value, not made plain."""
    if isinstance(node, ast.Call):
        name = (
            node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        )
        if name in _CLEAN:
            return
        yield from (
            bad
            for part in [*node.args, *(k.value for k in node.keywords)]
            for bad in _raw(part, known, depth)
        )
        if isinstance(node.func, ast.Attribute):
            yield from _raw(node.func.value, known, depth)
        return
    if isinstance(node, ast.FormattedValue) and node.format_spec is not None:
        return  # a number or a day: texts have no such form
    if isinstance(node, ast.Subscript):
        key = node.slice
        if (isinstance(key, ast.Constant) and isinstance(key.value, str)) or (
            isinstance(node.value, ast.Attribute) and node.value.attr in _ATTRIBUTES
        ):
            yield node
        return
    if isinstance(node, ast.Attribute):
        if node.attr in _ATTRIBUTES:
            yield node
        return
    if isinstance(node, ast.Name):
        if depth:
            others = {name: texts for name, texts in known.items() if name != node.id}
            for text in known.get(node.id, ()):
                yield from _raw(text, others, depth - 1)
        return
    if isinstance(node, ast.IfExp):  # what is asked is not drawn
        yield from _raw(node.body, known, depth)
        yield from _raw(node.orelse, known, depth)
        return
    if isinstance(node, ast.Compare | ast.Lambda):
        return
    for child in ast.iter_child_nodes(node):
        yield from _raw(child, known, depth)


def _assigned(function: ast.AST) -> dict[str, list[ast.expr]]:
    known: dict[str, list[ast.expr]] = {}
    for node in ast.walk(function):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    known.setdefault(target.id, []).append(node.value)
        elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
            known.setdefault(node.target.id, []).append(node.value)
    return known


def found(code: str) -> list[tuple[int, str]]:
    """Line and expression of each record's value that is drawn as Markdown as it is."""
    tree = ast.parse(code)
    wrong: dict[tuple[int, str], None] = {}
    for function in _functions(tree):
        known = _assigned(function)
        for call in ast.walk(function):
            if isinstance(call, ast.Call) and (name := _sink(call)):
                for text in _texts(call, name):
                    for bad in _raw(text, known):
                        wrong[call.lineno, ast.unparse(bad)] = None
    return sorted(wrong)


@pytest.mark.parametrize(
    ("code", "clean"),
    [
        ("st.caption(row['name'])", False),
        ("st.caption(plain(row['name']))", True),
        ("name = row['name']; st.title(f'Xem {name}')", False),
        ("name = plain(row['name']); st.title(f'Xem {name}')", True),
        ("st.button('x', help=one.name)", False),
        ("st.markdown(f'{frame.unit_names[3]}: {number(row[\"n\"])}')", False),
        ("st.markdown(f'{row[\"day\"]:%d/%m/%Y}')", True),
        ("st.warning('a' if row['x'] else 'b')", True),
    ],
)
def test_the_reader_of_the_code_sees(code: str, clean: bool) -> None:
    assert (found(f"def f(row, frame, one):\n    {code}") == []) is clean


def test_what_is_drawn_as_markdown_is_plain() -> None:
    wrong = [
        f"{path.relative_to(PROJECT_ROOT)}:{line}: {text}"
        for room in ("ui", "pages")
        for path in sorted((PROJECT_ROOT / room).rglob("*.py"))
        for line, text in found(Path(path).read_text(encoding="utf-8"))
    ]
    assert wrong == []
