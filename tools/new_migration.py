"""Write the next migration from what models.py has and the migrations have not.

    python tools/new_migration.py "add surveys"

Compares against a fresh SQLite database at the newest migration. Read the result before it is
committed: renamed columns and checks are not seen by the comparison.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from alembic import command
from alembic.script import Script, ScriptDirectory

from connectors.database.session import migrate, migration_config, open_database


def main(message: str) -> None:
    known = len(list(ScriptDirectory.from_config(migration_config()).walk_revisions()))
    with TemporaryDirectory() as folder:
        engine = open_database(f"sqlite:///{folder}/empty.db")
        if known:
            migrate(engine)
        with engine.connect() as connection:
            written = command.revision(
                migration_config(connection),
                message=message,
                autogenerate=True,
                rev_id=f"{known + 1:04d}",
            )
        engine.dispose()
    assert isinstance(written, Script)
    tidy(Path(written.path))


def tidy(path: Path) -> None:
    """Take out the generator's remarks, then format."""
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(line for line in lines if "# ###" not in line), encoding="utf-8")
    subprocess.run(
        [Path(sys.executable).with_name("ruff"), "format", "--quiet", str(path)], check=True
    )


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
