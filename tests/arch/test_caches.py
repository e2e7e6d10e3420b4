"""A cached function's answer must not depend on who asks, unless the scope is in its key."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from connectors.settings import PROJECT_ROOT

_OF_THE_READER: Final = frozenset(
    {"scope_of_reader", "scope_within", "reader", "may", "require", "current", "look_up"}
)
_IN_THE_KEY: Final = frozenset({"allowed", "scope", "units", "sensitive"})


def _cached(path: Path) -> Iterator[ast.FunctionDef]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef) and any(
            "st.cache_" in ast.unparse(decorator) for decorator in node.decorator_list
        ):
            yield node


def _asks_who(node: ast.AST) -> set[str]:
    """Calls that answer differently for another reader."""
    names = set()
    for call in ast.walk(node):
        if isinstance(call, ast.Call):
            of = call.func
            name = of.attr if isinstance(of, ast.Attribute) else getattr(of, "id", "")
            names.add(name)
    return names & _OF_THE_READER


def _helpers_that_ask(path: Path) -> set[str]:
    """Functions of the same file that ask who looks: calling them is asking."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and _asks_who(node)
    }


_FILES: Final = sorted(
    path for folder in ("ui", "pages") for path in (PROJECT_ROOT / folder).rglob("*.py")
)


@pytest.mark.parametrize("path", _FILES, ids=lambda p: str(p.relative_to(PROJECT_ROOT)))
def test_what_is_cached_is_nobodys_or_has_the_scope_in_its_key(path: Path) -> None:
    asking = _helpers_that_ask(path) - {"question", "unit_names", "sources", "procedures"}
    for function in _cached(path):
        called = {
            call.func.id
            for call in ast.walk(function)
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Name)
        }
        if not _asks_who(function) and not called & asking:
            continue
        arguments = {argument.arg for argument in function.args.args}
        assert arguments & _IN_THE_KEY, f"{path.name}: {function.name} forgets whose it is"
