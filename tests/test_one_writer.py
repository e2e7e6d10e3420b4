"""Screens write registers in one place only, where the reader is asked and the scope applied."""

import ast
from pathlib import Path

from connectors.settings import PROJECT_ROOT

READERS = {"row", "history", "standing", "withdrawn", "entered_by"}
WRITERS = READERS | {
    "add", "amend", "save_all", "withdraw", "restore",
    "import_register", "import_file", "import_within",
}  # fmt: skip
PLACES = {
    "ui/kit/writing.py": READERS | {"save_all", "withdraw", "restore", "import_register"},
    "pages/records/taking.py": {"import_file"},
}


def _used(path: Path) -> set[str]:
    """Names of writing functions that a file imports from, or calls on, the connectors."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    imported = {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("connectors")
        for alias in node.names
    }
    called = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id in imported | {"registers", "store"}
    }
    return WRITERS & (imported | called)


def test_screens_write_registers_through_one_module() -> None:
    found = {
        str(path.relative_to(PROJECT_ROOT)): used
        for folder in ("ui", "pages")
        for path in sorted((PROJECT_ROOT / folder).rglob("*.py"))
        if (used := _used(path))
    }
    assert found == PLACES


def test_screens_record_of_dossiers_through_the_same_module() -> None:
    found = {
        str(path.relative_to(PROJECT_ROOT))
        for folder in ("ui", "pages")
        for path in (PROJECT_ROOT / folder).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "recording"
        and node.attr in {"apologise", "give_cause", "mend", "withdraw"}
    }
    assert found == {"ui/kit/writing.py"}
