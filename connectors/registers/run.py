"""One import into a register, from the file to the report, in one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, insert

from connectors import audit
from connectors.database.models import Base
from connectors.database.patience import unhurried
from connectors.database.registers import RegisterBatch
from connectors.database.session import write_transaction
from connectors.engine import Scope
from connectors.intake import readers
from connectors.intake.codes import as_code
from connectors.intake.headers import MOST_NAMED, Headers, some
from connectors.intake.numbers import WORKBOOK
from connectors.intake.readers import LINE, PROBLEM
from connectors.intake.rejects import Rejects
from connectors.intake.report import FIRST_REJECTED, Progress, Rejection
from connectors.intake.totals import is_total
from connectors.intake.words import fold, tidy_text
from connectors.privacy.vault import Vault, VaultLocked
from connectors.refused import RegisterRefused
from connectors.registers.fence import OutOfScope
from connectors.registers.files import RegisterRows, read_rows, records_of, through
from connectors.registers.mapping import (
    RecordSettings,
    RegisterMapping,
    load_register_mapping,
)
from connectors.registers.report import RegisterReport
from connectors.registers.store import now_utc
from connectors.registers.writer import EVERYTHING, Writer, the_register
from connectors.settings import Settings
from metrics.registers import REGISTERS
from metrics.registers.columns import INTEGER, NUMBER, Problem, Register
from metrics.registers.reported import FORM_ROW, INDICATOR_VALUE, form_marks, sums_off


class _Undo(Exception):
    """Ends a dry run's transaction."""

    def __init__(self, report: RegisterReport) -> None:
        super().__init__()
        self.report = report


@unhurried()
def import_register(
    database: Engine,
    settings: Settings,
    register: str,
    path: Path | str,
    *,
    by: str,
    mapping: RegisterMapping | str | Path | None = None,
    dry_run: bool = False,
    progress: Progress | None = None,
    now: datetime | None = None,
    refresh_snapshot: bool = True,
    actor: audit.Actor | None = None,
    scope: Scope = EVERYTHING,
) -> RegisterReport:
    """Take a CSV or XLSX file into a register: all of it that can be taken, in one transaction.

    Headers are the template's (Vietnamese) or our column names; ``mapping`` (the name
    of one of the installation's own or of a shipped one, or a path) is for other files. A row with
    the natural key of a known one changes it; a column that the file does not have stays as it is;
    an empty cell is unknown. The same file again changes nothing. Rejected rows are kept with
    their reasons. ``by``: who imports. ``actor``: who the audit names, in the same transaction
    (default: ``by``). ``scope``: rows of other units are rejected, and the audit says so (default:
    every row may be written).
    Raises RegisterRefused or IntakeRefused (Vietnamese) when the whole file is refused.
    """
    # Read before the transaction: a slow file keeps nobody from writing.
    order = _order(settings, register, path, by, mapping)
    try:
        with write_transaction(database) as connection:
            report = order.take(connection, settings, progress, now, actor, scope)
            if dry_run:
                raise _Undo(report)
    except _Undo as undone:
        undone.report.dry_run = True
        undone.report.batch_id = None
        return undone.report
    if refresh_snapshot:
        _refresh(database, settings, report)
    return report


def import_within(
    connection: Connection,
    settings: Settings,
    register: str,
    path: Path | str,
    *,
    by: str,
    mapping: RegisterMapping | str | Path | None = None,
    progress: Progress | None = None,
    now: datetime | None = None,
    actor: audit.Actor | None = None,
    scope: Scope = EVERYTHING,
) -> RegisterReport:
    """As :func:`import_register`, in the caller's transaction; the snapshot is the caller's too."""
    order = _order(settings, register, path, by, mapping)
    return order.take(connection, settings, progress, now, actor, scope)


@dataclass(frozen=True, slots=True)
class _Order:
    """A file that was read, and what is to be done with it."""

    register: Register
    file: RegisterRows
    file_name: str
    by: str
    mapping: RegisterMapping | None

    def take(
        self,
        connection: Connection,
        settings: Settings,
        progress: Progress | None,
        now: datetime | None,
        actor: audit.Actor | None,
        scope: Scope,
    ) -> RegisterReport:
        """Take the rows into the register, with the audit's line."""
        register, by = self.register, self.by
        report = RegisterReport(
            register=register.name,
            label=register.label,
            file_name=self.file_name,
            dry_run=False,
        )
        report.warnings += self.file.warnings
        report.read_as += self.file.read_as
        report.left_aside += self.file.left_aside
        report.odd += self.file.odd
        run = _Run(connection, settings, register, report, by, now or now_utc(), scope)
        run.take(self.file, self.mapping, progress)
        actor = actor or audit.Actor(by)
        try:
            _note(connection, settings, report, actor, by)
        except audit.AuditUnavailable as error:
            raise RegisterRefused(str(error)) from error
        if run.outside:
            audit.append(
                connection,
                "refused",
                actor=actor,
                subject=f"{register.label}, lô {report.batch_id}",
                detail={"register": register.name, "why": "ngoài phạm vi", "rows": run.outside},
                keys=settings.audit_keys,
            )
        return report


def _order(
    settings: Settings,
    register: str,
    path: Path | str,
    by: str,
    mapping: RegisterMapping | str | Path | None,
) -> _Order:
    declared, by = the_register(register), by.strip()
    if not by:
        raise RegisterRefused("Thiếu tên người cập nhật; hãy ghi tên.")
    chosen = _mapping(settings, mapping, declared)
    return _Order(declared, read_rows(Path(path), declared, chosen), Path(path).name, by, chosen)


def _note(
    connection: Connection,
    settings: Settings,
    report: RegisterReport,
    actor: audit.Actor,
    by: str,
) -> None:
    audit.append(
        connection,
        "import",
        actor=actor,
        subject=f"{report.label}, lô {report.batch_id}",
        detail={
            "register": report.register,
            "by": audit.plain(by),
            "file": audit.plain(report.file_name),
            **report.counts,
        },
        keys=settings.audit_keys,
    )


def _mapping(
    settings: Settings, mapping: RegisterMapping | str | Path | None, register: Register
) -> RegisterMapping | None:
    if mapping is None or isinstance(mapping, RegisterMapping):
        return mapping
    loaded = load_register_mapping(mapping, settings.mappings_dir)
    if loaded.register_ != register.name:
        raise RegisterRefused(
            f"Ánh xạ này là của sổ “{loaded.register_}”, không phải “{register.name}”."
        )
    return loaded


def _refresh(database: Engine, settings: Settings, report: RegisterReport) -> None:
    from connectors import snapshot

    try:
        snapshot.refresh_registers(database, settings)
    except Exception as error:  # noqa: BLE001 (whatever it is, the records are in)
        report.warnings.append(
            f"Dữ liệu đã được ghi, nhưng chưa làm mới được ảnh chụp số liệu: {error}. "
            "Hãy chạy: .venv/bin/python -m connectors snapshot --rebuild."
        )


# -- the run -------------------------------------------------------------------------------------


class _Run:
    def __init__(
        self,
        connection: Connection,
        settings: Settings,
        register: Register,
        report: RegisterReport,
        by: str,
        now: datetime,
        scope: Scope,
    ) -> None:
        self._connection = connection
        self._owner_keys = settings.owner_keys
        self._register = register
        self._report = report
        self._by = by
        self._now = now
        self._writer = Writer(connection, register, settings.zone, by, now, scope)
        # Rows that are of units outside the scope.
        self.outside = 0
        self._rejected: list[tuple[Rejection, dict[str, Any]]] = []
        # Natural keys of this file's rows: the line that each came from.
        self._seen: dict[int, int] = {}
        # Lines of rows that were withdrawn: nobody restores them by importing them again.
        self._withdrawn: list[int] = []
        # Lines of totals and titles.
        self._aside: list[int] = []
        self._zone, self._scope = settings.zone, scope
        # Registers of which unknown names are made, and what was made.
        self._make: tuple[str, ...] = ()
        self._made: list[str] = []
        # Per column of ours: a source's words, folded → ours.
        self._words: dict[str, dict[str, str]] = {}

    def take(
        self, file: RegisterRows, mapping: RegisterMapping | None, progress: Progress | None
    ) -> None:
        for ours, words in (mapping.values if mapping is not None else {}).items():
            self._words[ours] = {fold(theirs): value for theirs, value in words.items()}
        records, told = records_of(self._register, file, mapping, self._report.file_name or "")
        self._report.read_as += told
        self._make = mapping.make if mapping is not None else ()
        self._name_the_unused(file.header, records, mapping)
        names = Headers(file.header)
        decimal = self._decimal(file, mapping)
        for place, row in enumerate(file.rows, start=1):
            self._take_row(row, records, names, decimal)
            if progress is not None and place % 200 == 0:
                progress(place, file.total)
        self._writer.finish()
        self._tell_withdrawn()
        if self._aside:
            lines = ", ".join(map(str, self._aside[:FIRST_REJECTED]))
            what = "đơn vị" if self._register is FORM_ROW else self._register.noun
            lines += ", …" if len(self._aside) > FIRST_REJECTED else ""
            self._report.left_aside.append(
                f"Dòng tổng cộng và tiêu đề nhóm, không phải {what}: dòng {lines}."
            )
        self._tell_sums()
        if self._made:
            self._report.read_as.append(f"Thêm mới vào danh mục: {some(self._made, 20)}.")
        self._keep()

    def _decimal(self, file: RegisterRows, mapping: RegisterMapping | None) -> dict[str, str]:
        """A workbook's number cells come with a point, whatever the reader's language."""
        if mapping is not None and mapping.file.decimal != "auto":
            return {NUMBER: mapping.file.decimal, INTEGER: mapping.file.decimal}
        return {NUMBER: WORKBOOK if file.is_workbook else "auto", INTEGER: "auto"}

    def _name_the_unused(
        self, header: list[str], records: list[RecordSettings], mapping: RegisterMapping | None
    ) -> None:
        items = [item for record in records for item in record.columns.values()]
        used = {fold(name) for item in items for name in item.column}
        unused = [name for name in header if fold(name) not in used and not name.startswith("(")]
        if unused and mapping is None:
            self._report.warnings.append(f"Các cột không dùng đến: {some(unused)}.")
        elif unused:
            told = f"Các cột không có trong ánh xạ, bỏ qua: {some(unused, 20)}."
            self._report.left_aside.append(told)

    def _take_row(
        self,
        row: dict[str, Any],
        records: list[RecordSettings],
        names: Headers,
        decimal: dict[str, str],
    ) -> None:
        line = int(row[LINE])
        if row[PROBLEM] is not None:
            self._report.rows_read += 1
            self._reject(line, [Problem(None, None, row[PROBLEM])], row)
            return
        if not any(row[name] for name in names.names):
            return
        for record in records:
            if record.needs is not None and not any(
                row[there] for name in record.needs if (there := names.find(name)) is not None
            ):
                continue
            self._report.rows_read += 1
            own: dict[str, str | None] = {}
            try:
                own = self._given(row, record, names)
                self._take_record(dict(record.constants) | own, line, decimal)
            except RegisterRefused as error:
                if self._is_no_row(own, error):
                    self._report.rows_read -= 1
                    self._aside.append(line)
                    continue
                self.outside += isinstance(error, OutOfScope)
                self._reject(line, list(error.problems), row)

    def _is_no_row(self, own: dict[str, str | None], error: RegisterRefused) -> bool:
        """Whether a refused line of a published table is its total, or the title of a group.

        Of a printed form: nothing is wrong with it but that its name is no unit's, and it is a
        total's or all that the line says. Elsewhere: all that is wrong is what it does not say,
        and it says one thing at most.
        """
        if self._register is not FORM_ROW:
            said = sum(bool(text) for text in own.values())
            return len(own) > 2 and said < 2 and all(p.value is None for p in error.problems)
        name = own.get("unit")
        label = FORM_ROW.by_name["unit"].label
        if not name or any(problem.column != label for problem in error.problems):
            return False
        return is_total(name) or not any(text for ours, text in own.items() if ours != "unit")

    def _given(
        self, row: dict[str, Any], record: RecordSettings, names: Headers
    ) -> dict[str, str | None]:
        """What the row says, in our words, of the columns that the file has."""
        found: dict[str, str | None] = {}
        for ours, item in record.columns.items():
            cells = [row[names.of(name)] for name in item.column if names.has_any([name])]
            if not cells:
                continue
            text = next((cell for cell in cells if cell), None)
            if text and item.pattern:
                text = through(item.pattern, text, item.column[0])
            words = self._words.get(ours)
            found[ours] = words.get(fold(text), words.get("*", text)) if words and text else text
        return found

    def _take_record(self, given: dict[str, Any], line: int, decimal: dict[str, str]) -> None:
        if "by" in self._register.by_name and not given.get("by"):
            given["by"] = self._by
        for ours in self._make:
            self._make_known(ours, given.get(ours))
        typed = self._writer.typed(given, decimal=decimal)
        found = self._writer.find(typed)
        if found is not None and self._writer.is_withdrawn(found):
            self._report.rows_unchanged += 1
            self._withdrawn.append(line)
            return
        if found is not None and found in self._seen:
            self._writer_agrees(found, typed, line)
            return
        if found is not None:
            # What the file does not say stays as it is; defaults are for new rows.
            typed = {
                name: value for name, value in typed.items() if name not in self._writer.defaulted
            }
        row_id, outcome = self._writer.put(typed, found)
        self._seen[row_id] = line
        name = f"rows_{outcome}"
        setattr(self._report, name, getattr(self._report, name) + 1)

    def _make_known(self, kind: str, text: str | None) -> None:
        """A row of another register that is called so, where there is none."""
        name = tidy_text(text or "")
        if not name or self._writer.book.has(kind, name):
            return
        other = Writer(
            self._connection, REGISTERS[kind], self._zone, self._by, self._now, self._scope
        )
        row = other.typed({"code": as_code(name), "name": name[:255]})
        number, _ = other.put(row)
        other.finish()
        self._writer.book.remember(kind, {**row, "id": number})
        self._made.append(name)

    def _tell_withdrawn(self) -> None:
        lines = self._withdrawn
        if lines:
            named = ", ".join(map(str, lines[:FIRST_REJECTED]))
            more = ", …" if len(lines) > FIRST_REJECTED else ""
            self._report.warnings.append(
                f"{len(lines)} dòng có trong sổ nhưng đã rút nên giữ nguyên, không được ghi lại "
                f"(dòng {named}{more} của tệp). Muốn dùng lại thì khôi phục dòng đó."
            )

    def _tell_sums(self) -> None:
        """Says which statements that the file spoke of do not add up."""
        if self._register is FORM_ROW:
            off = [
                f"Dòng {line}: {'; '.join(marks)}. Giữ như bản in và đánh dấu."
                for row, line in self._seen.items()
                if (marks := form_marks(self._writer.rows[row]))
            ]
            self._report.warnings += off[:MOST_NAMED]
            if len(off) > MOST_NAMED:
                self._report.warnings.append(
                    f"Còn {len(off) - MOST_NAMED} dòng khác không khớp cũng được giữ và đánh dấu."
                )
            return
        if self._register is not INDICATOR_VALUE:
            return
        names = [name for name in self._register.key if name != "part"]
        spoken = {tuple(self._writer.rows[row][name] for name in names) for row in self._seen}
        rows = [
            row
            for row_id, row in self._writer.rows.items()
            if not self._writer.is_withdrawn(row_id)
            and tuple(row[name] for name in names) in spoken
        ]
        self._report.warnings += sums_off(rows)[:MOST_NAMED]

    def _writer_agrees(self, row_id: int, typed: dict[str, Any], line: int) -> None:
        """A second row with the same key: nothing to do if it says the same, else refused."""
        old = self._writer.rows[row_id]
        if all(
            old.get(name) == value
            for name, value in typed.items()
            if name not in self._writer.defaulted
        ):
            self._report.rows_unchanged += 1
            return
        labels = " + ".join(self._register.label_of(name) for name in self._register.key)
        raise RegisterRefused.of(
            [
                Problem(
                    labels,
                    None,
                    f"trùng với dòng {self._seen[row_id]} nhưng nội dung khác; hãy giữ một dòng.",
                )
            ]
        )

    def _reject(self, line: int, problems: list[Problem], row: dict[str, Any]) -> None:
        first = problems[0] if problems else Problem(None, None, "không đọc được dòng này.")
        reasons = [first.reason, *(problem.sentence() for problem in problems[1:])]
        rejection = Rejection(line, first.column, first.value, " ".join(reasons))
        self._rejected.append((rejection, readers.source_row(row)))

    def _opened_vault(self) -> Vault:
        try:
            return Vault.for_writing(self._connection, self._owner_keys)
        except VaultLocked as error:
            raise RegisterRefused(str(error)) from error

    def _keep(self) -> None:
        report = self._report
        counts = report.counts | {"rejected": len(self._rejected)}
        statement = insert(RegisterBatch).values(
            register=self._register.name,
            file_name=(report.file_name or "")[:255],
            by=self._by,
            finished_at=self._now,
            **{f"rows_{name}": count for name, count in counts.items()},
        )
        result = self._connection.execute(statement.returning(RegisterBatch.id))
        report.batch_id = int(result.scalar_one())
        if self._rejected:
            table, vault = Base.metadata.tables["register_rejection"], self._opened_vault()
            Rejects(self._connection, table, report.batch_id, report, vault).add(self._rejected)
