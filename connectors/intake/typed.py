"""Raw rows → typed rows, column by column, with what is wrong in each row.

Nothing here needs the database, so that it can run beside the writing of the chunk before.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import polars as pl
from sqlalchemy import FromClause, String

from connectors.database.models import Apology, Dossier, Officer, Owner, Pause, Step
from connectors.intake import empty
from connectors.intake.chunk import Chunk, Why
from connectors.intake.columns import Columns
from connectors.intake.mapping import (
    DUE_FIELDS,
    MOMENT_FIELDS,
    ChildSettings,
    Mapping,
    child_columns,
)
from connectors.intake.moments import MomentReader, may_be_no_day, why_unreadable
from connectors.intake.numbers import whole_number
from connectors.intake.readers import LINE, PROBLEM
from connectors.intake.setting_kinds import (
    ColumnSettings,
    ProcedureSettings,
    UnitSettings,
    has_groups,
)
from connectors.intake.soft import softness
from connectors.intake.words import built_in_words, each_distinct, fold, word_map

_ROW: Final = "row"

LATEST: Final = "latest"
"""Column of a chunk: the greater, the later a row of the same dossier."""

CHILD_MOMENTS: Final = frozenset(
    {"from_at", "to_at", "due_at", "issued_at", "old_due_at", "new_due_at"}
)
_CHILD_TABLES: Final = {
    "pauses": Pause.__table__,
    "steps": Step.__table__,
    "apologies": Apology.__table__,
}


_SPOILED: Final = r"^[+-]?\d+(?:[.,]\d+)?[eE]\+?\d+$"
"""How a spreadsheet writes a code that it took for a large number."""


def _length(table: FromClause, column: str) -> int | None:
    kind = table.columns[column].type
    return kind.length if isinstance(kind, String) else None


def _missing(_value: str | None) -> str:
    return "thiếu giá trị bắt buộc; hãy điền cột này."


class RowReader(Columns):
    """Types the rows of one file, chunk after chunk."""

    def __init__(self, mapping: Mapping, zone: str, header: Sequence[str]) -> None:
        super().__init__(header, mapping.empty_words())
        self._mapping = mapping
        self._zone = zone
        self._readers: dict[str, MomentReader] = {}
        self._is_soft = softness(mapping)

    def read_rows(self, raw: pl.DataFrame) -> Chunk:
        """A chunk of the main file: every dossier field, look-up text, owner and child column."""
        chunk, mapping = self._begin(raw), self._mapping
        # A file says nothing of a field whose column it does not have: there is no typed column.
        for name, column in mapping.columns.items():
            if name == "code" or self._has(column.column):
                self._dossier_field(chunk, name, column)
        self._constants(chunk)
        self._look_up_texts(chunk)
        for name, column in mapping.owner.items():
            if self._has(column.column):
                self._owner_field(chunk, name, column)
        if mapping.messages is not None:
            self._message(chunk)
        for place, child in enumerate(mapping.children):
            if child.is_list:
                self._listed(chunk, child, f"child{place}.")
            elif child.rows == "main" and self._has(child.begins_in()):
                self._child(chunk, child, f"child{place}.")
        if mapping.latest_by:
            self._latest(chunk, mapping.latest_by)
        return chunk

    def withdrawals(self, raw: pl.DataFrame) -> tuple[pl.DataFrame, Chunk | None]:
        """The rows that are read as dossiers, and those that ask to withdraw theirs (if any).

        The latter have ``code`` and, where given, ``reason``; nothing else of them is taken.
        """
        rule = self._mapping.withdrawn
        if rule is None or not self._has(rule.column):
            return raw, None
        words = built_in_words("boolean")
        texts = self._pick(Chunk(raw), rule.column)
        asked = each_distinct(texts, lambda text: words.get(fold(text)) == "true", pl.Boolean)
        asked = asked.fill_null(value=False)
        if not asked.any():
            return raw, None
        chunk = self._begin(raw.filter(asked))
        self._dossier_field(chunk, "code", self._mapping.columns["code"])
        if rule.reason is not None:
            self._text(chunk, ColumnSettings(column=rule.reason), "reason")
        return raw.filter(~asked), chunk

    def read_events(self, raw: pl.DataFrame, child: ChildSettings) -> Chunk:
        """A chunk of a second file: ``code`` of the dossier and the child's columns."""
        chunk = self._begin(raw)
        assert child.key is not None
        code = self._text(chunk, child.key, "code")
        chunk.reject(code.is_null(), child.key.column[0], None, _missing)
        self._child(chunk, child, "")
        return chunk

    def _latest(self, chunk: Chunk, names: tuple[str, ...]) -> None:
        """``LATEST``: which of a dossier's rows is later, as a number; unknown is earliest."""
        texts = self._pick(chunk, names, empty.MOMENT)
        reader = self._readers.setdefault(
            LATEST, MomentReader(self._mapping.dates, self._zone, is_due=False)
        )
        ranks = reader.read(texts).dt.epoch("ms")
        left = texts.to_frame("t").select(pl.when(ranks.is_null()).then(pl.col("t")))["t"]
        decimal = self._mapping.numbers.decimal
        numbers = each_distinct(left, lambda text: whole_number(text, decimal), pl.Int64)
        ranks = ranks.zip_with(ranks.is_not_null(), numbers)
        chunk.reject(
            ranks.is_null() & texts.is_not_null(),
            names[0],
            texts,
            lambda _value: "không phải thời điểm hay số nên không biết dòng nào mới hơn; hãy sửa.",
        )
        chunk.typed[LATEST] = ranks.alias(LATEST)

    def _begin(self, raw: pl.DataFrame) -> Chunk:
        chunk = Chunk(raw)
        chunk.reject(raw[PROBLEM].is_not_null(), None, raw[PROBLEM], lambda value: value or "")
        return chunk

    def _fault(
        self,
        chunk: Chunk,
        name: str,
        rows: pl.Series,
        label: str,
        values: pl.Series | None,
        why: Why,
    ) -> None:
        """A value that cannot be taken costs its row, or of a soft field only itself."""
        (chunk.doubt if self._is_soft(name) else chunk.reject)(rows, label, values, why)

    # -- one column ------------------------------------------------------------------------

    def _text(
        self, chunk: Chunk, column: ColumnSettings, name: str, longest: int | None = None
    ) -> pl.Series:
        """A text column into ``chunk.typed[name]``: tidy, through its pattern, not too long."""
        values = self._pick(chunk, column.column, empty.TEXT)
        label = column.column[0]
        if column.pattern is not None:
            values = self._through_pattern(chunk, values, label, column.pattern)
        if column.required:
            chunk.reject(values.is_null(), label, None, _missing)
        if longest is not None and (long := values.str.len_chars() > longest).any():
            self._fault(
                chunk,
                name,
                long,
                label,
                values,
                lambda _value: f"dài quá {longest} ký tự; hãy rút ngắn.",
            )
            if self._is_soft(name):
                values = values.str.head(longest)
        chunk.typed[name] = values.alias(name)
        return values

    def _through_pattern(
        self, chunk: Chunk, values: pl.Series, label: str, pattern: str
    ) -> pl.Series:
        extracted = values.str.extract(pattern, 1 if has_groups(pattern) else 0)
        chunk.reject(
            extracted.is_null() & values.is_not_null(),
            label,
            values,
            lambda _value: f"không khớp mẫu {pattern} của ánh xạ; hãy sửa giá trị hoặc mẫu.",
        )
        return extracted

    def _moment(self, chunk: Chunk, column: ColumnSettings, name: str, key: str = "") -> pl.Series:
        reader = self._readers.get(name)
        if reader is None:
            is_due = (key or name) in DUE_FIELDS
            reader = MomentReader(self._mapping.dates, self._zone, is_due=is_due)
            self._readers[name] = reader
        texts = self._only(chunk, column.column)
        if texts is not None:  # an empty cell is no moment that could be read in some other way
            texts = texts.to_frame("t").select(pl.when(pl.col("t") != "").then("t"))["t"]
        moments = None if texts is None else reader.read(texts)
        if (
            texts is None
            or moments is None
            or moments.null_count() > texts.null_count()
            or may_be_no_day(moments)
        ):
            # Only what cannot be read as it stands has to be made tidy first.
            texts, moments = self._tidy_moments(chunk, column.column, reader)
        label = column.column[0]
        unread = moments.is_null() & texts.is_not_null()
        self._fault(chunk, name, unread, label, texts, lambda v: why_unreadable(v or ""))
        if column.required:
            chunk.reject(texts.is_null(), label, None, _missing)
        chunk.typed[name] = moments.alias(name)
        return moments

    def _words(
        self, chunk: Chunk, column: ColumnSettings, name: str, kind: str, own: str
    ) -> pl.Series:
        words = word_map(kind, self._mapping.values.get(own))
        texts = self._pick(chunk, column.column, keep=words)
        other = words.pop("*", None)
        answers = each_distinct(texts, lambda text: words.get(fold(text), other), pl.String)
        usual = sorted({word for word, value in words.items() if value})
        self._fault(
            chunk,
            name,
            answers.is_null() & texts.is_not_null(),
            column.column[0],
            texts,
            lambda _value: (
                f"giá trị lạ; dùng một trong: {', '.join(usual[:12])}"
                f" — hoặc thêm vào bảng [values.{own}] của ánh xạ."
            ),
        )
        if column.required:
            chunk.reject(texts.is_null(), column.column[0], None, _missing)
        known = answers.to_frame("v").select(pl.when(pl.col("v") != "").then(pl.col("v")))["v"]
        chunk.typed[name] = known.alias(name)
        return known

    def _whole_number(
        self, chunk: Chunk, column: ColumnSettings, name: str, lowest: int, highest: int
    ) -> pl.Series:
        texts = self._pick(chunk, column.column)
        numbers = each_distinct(
            texts, lambda text: whole_number(text, self._mapping.numbers.decimal), pl.Int64
        )
        numbers = numbers.to_frame("v").select(
            pl.when(pl.col("v").is_between(lowest, highest)).then(pl.col("v"))
        )["v"]
        chunk.reject(
            numbers.is_null() & texts.is_not_null(),
            column.column[0],
            texts,
            lambda _value: f"phải là số nguyên từ {lowest} đến {highest}.",
        )
        chunk.typed[name] = numbers.alias(name)
        return numbers

    # -- the groups of columns -------------------------------------------------------------

    def _dossier_field(self, chunk: Chunk, name: str, column: ColumnSettings) -> None:
        if name in MOMENT_FIELDS:
            self._moment(chunk, column, name)
        elif name in ("channel", "end_kind", "late_cause"):
            self._words(chunk, column, name, name, name)
        elif name in ("online_payment", "digitised", "data_reused"):
            words = self._words(chunk, column, name, "boolean", name)
            chunk.typed[name] = (words == "true").alias(name)
        elif name == "status":
            self._whole_number(chunk, column, name, 1, 10)
        elif name in ("officer", "officer_name"):
            table_column = "code" if name == "officer" else "name"
            self._text(chunk, column, name, _length(Officer.__table__, table_column))
        else:
            values = self._text(chunk, column, name, _length(Dossier.__table__, name))
            if name == "code":
                chunk.reject(
                    values.str.contains(_SPOILED),
                    column.column[0],
                    values,
                    lambda _value: (
                        "bảng tính đã đổi mã thành số (hơn 15 chữ số hoặc dạng 1,23E+12) nên mất "
                        "chữ số; hãy xuất lại với cột mã là chữ (Text)."
                    ),
                )
                chunk.reject(
                    values.is_null(),
                    column.column[0],
                    None,
                    lambda _value: "thiếu mã hồ sơ; không có mã thì không theo dõi được hồ sơ.",
                )

    def _constants(self, chunk: Chunk) -> None:
        for name, value in self._mapping.constants.items():
            constant = pl.Series(name, [value]).new_from_index(0, chunk.raw.height)
            given = chunk.typed.get(name)
            if name == "end_kind":
                # The kind of an end says nothing about a dossier that has not ended.
                ended = chunk.typed.get("ended_at")
                known = None if ended is None else ended.is_not_null()
                constant = (
                    constant.to_frame().select(pl.when(known).then(pl.col(name)))[name]
                    if known is not None
                    else constant
                )
            chunk.typed[name] = (
                constant if given is None else given.zip_with(given.is_not_null(), constant)
            )

    def _look_up_texts(self, chunk: Chunk) -> None:
        units = self._mapping.units
        for name, unit in (
            ("resolving", units.resolving),
            ("receiving", units.receiving),
            ("applicant", units.applicant),
        ):
            self._unit_text(chunk, unit, name)
        procedure = self._mapping.procedure
        if procedure is None:
            return
        if not self._has(procedure.column) and not procedure.required:
            return
        for name, names in (
            ("procedure", procedure.column),
            ("procedure_name", procedure.name_column),
            ("field", procedure.field_column),
        ):
            if names is not None:
                texts = self._pick(chunk, names)
                if name == "procedure":
                    texts = self._cleaned(chunk, texts, procedure, names[0])
                chunk.typed[name] = texts.alias(name)

    def _cleaned(
        self, chunk: Chunk, texts: pl.Series, rule: UnitSettings | ProcedureSettings, label: str
    ) -> pl.Series:
        """What is looked up, through the rule's pattern and its table of spellings."""
        if rule.pattern is not None:
            texts = self._through_pattern(chunk, texts, label, rule.pattern)
        if rule.aliases:
            own = {fold(theirs): ours for theirs, ours in rule.aliases.items()}
            texts = each_distinct(texts, lambda text: own.get(fold(text), text), pl.String)
        return texts

    def _unit_text(self, chunk: Chunk, unit: UnitSettings | None, name: str) -> None:
        if unit is None or (name != "resolving" and unit.column and not self._has(unit.column)):
            return
        if unit.constant is not None:
            text = pl.Series(name, [unit.constant]).new_from_index(0, chunk.raw.height)
        else:
            names = unit.column or ()
            text = self._cleaned(chunk, self._pick(chunk, names), unit, names[0])
        chunk.typed[name] = text.alias(name)
        if unit.name_column is not None:
            named = f"{name}_name"
            chunk.typed[named] = self._pick(chunk, unit.name_column).alias(named)

    def _owner_field(self, chunk: Chunk, name: str, column: ColumnSettings) -> None:
        if name == "kind":
            self._words(chunk, column, "owner.kind", "owner_kind", "owner_kind")
        else:
            self._text(chunk, column, f"owner.{name}", _length(Owner.__table__, name))

    def _message(self, chunk: Chunk) -> None:
        settings = self._mapping.messages
        assert settings is not None
        texts = self._pick(chunk, settings.status)
        own = {fold(code): status for code, status in settings.statuses.items()}
        decimal = self._mapping.numbers.decimal

        words = built_in_words("status")

        def status_of(text: str) -> int | None:
            number = own.get(fold(text), whole_number(words.get(fold(text), text), decimal))
            return number if number is not None and 1 <= number <= 10 else None

        statuses = each_distinct(texts, status_of, pl.Int64)
        chunk.reject(
            statuses.is_null() & texts.is_not_null(),
            settings.status[0],
            texts,
            lambda _value: "trạng thái phải là số từ 1 đến 10 của trục liên thông.",
        )
        chunk.typed["message.status"] = statuses.alias("message.status")
        if settings.at is not None:
            self._moment(chunk, ColumnSettings(column=settings.at), "message.at")

    def _child(self, chunk: Chunk, child: ChildSettings, prefix: str) -> None:
        table = _CHILD_TABLES[child.kind]
        for name, column in child.columns.items():
            target = prefix + name
            if name in CHILD_MOMENTS:
                self._moment(chunk, column, target, name if name != "due_at" else "due_at")
            elif name == "kind":
                self._words(chunk, column, target, "pause_kind", "pause_kind")
            elif name == "sequence":
                self._whole_number(chunk, column, target, 0, 1_000_000)
            elif name == "officer":
                self._text(chunk, column, target, _length(Officer.__table__, "code"))
            else:
                self._text(chunk, column, target, _length(table, name))
        for name, value in child.constants.items():
            target = prefix + name
            chunk.typed[target] = pl.Series(target, [value]).new_from_index(0, chunk.raw.height)
        self._unit_text(chunk, child.unit, prefix + "unit")
        self._check_child(chunk, child, prefix)

    def _listed(self, chunk: Chunk, child: ChildSettings, prefix: str) -> None:
        """A child's rows out of a list inside each row: every typed column has a list for a row."""
        names = [name for item in child_columns(child) for name in item.names]
        row = pl.int_range(pl.len(), dtype=pl.Int64).alias(_ROW)
        lists = (pl.col(name).str.json_decode(pl.List(pl.String)) for name in names)
        items = chunk.raw.select(row, LINE, PROBLEM, *lists).filter(pl.col(names[0]).list.len() > 0)
        part = Chunk(items.explode(names))
        self._child(part, child, prefix)
        chunk.doubts += part.doubts
        good = part.good() & part.typed[prefix + child.begin].is_not_null()
        found = part.frame().with_columns(part.raw[_ROW]).filter(good)
        lists_again = found.group_by(_ROW).agg(pl.col(list(part.typed)))
        whole = chunk.raw.select(row).join(lists_again, on=_ROW, how="left", maintain_order="left")
        chunk.typed.update({name: whole[name] for name in part.typed})

    def _check_child(self, chunk: Chunk, child: ChildSettings, prefix: str) -> None:
        begin = child.begin
        begins = chunk.typed[prefix + begin]
        label = child.begins_in()[0]
        given = [
            chunk.typed[prefix + name].is_not_null()
            for name in child.columns
            if name not in (begin, "kind", "name", "officer", "old_due_at")
        ]
        if child.is_apart:
            chunk.reject(begins.is_null(), label, None, _missing)
        for present in given:
            self._fault(
                chunk,
                prefix + begin,
                begins.is_null() & present,
                label,
                None,
                lambda _value: (
                    "thiếu thời điểm này trong khi các cột đi cùng đã có giá trị; hãy điền thêm."
                ),
            )
        self._check_needed(chunk, child, prefix, begins)
        ends = chunk.typed.get(prefix + "to_at")
        if child.kind == "pauses" and ends is not None and "to_at" in child.columns:
            column = child.columns["to_at"].column
            self._fault(
                chunk,
                prefix + "to_at",
                ends < begins,
                column[0],
                self._pick(chunk, column),
                lambda _value: "kết thúc tạm dừng trước khi bắt đầu; hãy sửa lại một trong hai.",
            )

    def _check_needed(
        self, chunk: Chunk, child: ChildSettings, prefix: str, begins: pl.Series
    ) -> None:
        """A step without a name, a pause without a kind; progress without a name is no step."""
        needed = {"steps": "name", "pauses": "kind"}.get(child.kind)
        if needed in child.columns and not (child.kind == "steps" and self._mapping.messages):
            self._fault(
                chunk,
                f"{prefix}{needed}",
                begins.is_not_null() & chunk.typed[f"{prefix}{needed}"].is_null(),
                child.columns[needed].column[0],
                None,
                _missing,
            )
