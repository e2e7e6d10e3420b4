"""Names and codes of a source → ids of units, procedures, fields and officers."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime
from typing import Any, Final, cast

import polars as pl
from sqlalchemy import Connection, Table, insert, select

from connectors.database.bulk import bulk_insert, next_id
from connectors.database.models import Officer, Unit
from connectors.database.registers import TABLES
from connectors.intake.aliases import Aliases, remember_code
from connectors.intake.chunk import Chunk, Why
from connectors.intake.codes import agency_key, as_code, procedure_key
from connectors.intake.setting_kinds import ProcedureSettings, UnitSettings
from connectors.intake.unit_names import KnownUnits
from connectors.intake.words import Hints, each_distinct, fold
from metrics.core.collation import collation_key

_UNIT: Final = cast(Table, Unit.__table__)
_PROCEDURE: Final = TABLES["procedure"]
_FIELD: Final = TABLES["field"]
_OFFICER: Final = cast(Table, Officer.__table__)

_FIRST_DAY, _LAST_DAY = date(1, 1, 1), date(9999, 12, 31)


class Lookups:
    """The catalogues of one import, as they are in its transaction."""

    def __init__(self, connection: Connection, source_id: int, now: datetime | None = None) -> None:
        self._connection = connection
        self._source_id = source_id
        self._units = UnitBook(connection, now)
        self._procedures = ProcedureBook(connection)
        self._officers: dict[str, int] = {
            row.code: row.id
            for row in connection.execute(
                select(_OFFICER.c.id, _OFFICER.c.code).where(_OFFICER.c.source_id == source_id)
            )
        }
        self.officers_created = 0

    @property
    def units(self) -> UnitBook:
        """The units."""
        return self._units

    @property
    def procedures(self) -> ProcedureBook:
        """The procedures and their fields."""
        return self._procedures

    def officers(self, codes: pl.Series, names: pl.Series | None = None) -> pl.Series:
        """Ids of officers by the source's code; new ones are made."""
        distinct = codes.drop_nulls().unique(maintain_order=True)
        new = [code for code in distinct if code not in self._officers]
        if new:
            self._make_officers(new, _first_names(codes, names))
        return each_distinct(codes, self._officers.__getitem__, pl.Int64)

    def _make_officers(self, codes: list[str], names: dict[str, str]) -> None:
        first = next_id(self._connection, _OFFICER)
        frame = pl.DataFrame(
            {
                "id": list(range(first, first + len(codes))),
                "code": codes,
                "name": pl.Series([names.get(code) for code in codes], dtype=pl.String),
            }
        ).with_columns(source_id=pl.lit(self._source_id))
        bulk_insert(self._connection, _OFFICER, frame)
        self._officers.update(zip(codes, frame["id"], strict=True))
        self.officers_created += len(codes)


def _first_names(texts: pl.Series, names: pl.Series | None) -> dict[str, str]:
    """For each text the first name that stands beside it."""
    if names is None:
        return {}
    pairs = pl.DataFrame({"text": texts, "name": names}).drop_nulls()
    return dict(pairs.unique("text", keep="first", maintain_order=True).iter_rows())


class UnitBook:
    """Units by code and by name, each with its days of validity."""

    def __init__(self, connection: Connection, now: datetime | None = None) -> None:
        self._connection = connection
        self._now = now
        self.created: list[str] = []
        # Codes that the names beside them explained.
        self.called: list[str] = []
        self._aliases = Aliases.read(connection)
        self._known = self._read()
        self._hints: dict[Any, Hints] = {}

    def _read(self) -> KnownUnits:
        return KnownUnits(self._connection.execute(select(_UNIT)), self._aliases)

    @property
    def merged(self) -> dict[int, int]:
        """Entries of the catalogue that are another one → that one."""
        return self._aliases.merged

    def find(
        self,
        chunk: Chunk,
        rule: UnitSettings,
        name: str,
        days: pl.DataFrame,
        label: str,
        *,
        required: bool,
    ) -> pl.Series:
        """Ids of the units that ``chunk.typed[name]`` names.

        ``days``: columns ``first`` and ``last`` (dates; null: not known), the days on which the
        dossier was under way. A unit counts that was valid on the first of them; or else one
        that was valid on any of them, because dossiers moved to new units on a reform's day.
        """
        texts = chunk.typed[name]
        self._make_missing(chunk, rule, name)
        candidates = self._candidates(texts, rule)
        label = rule.column[0] if rule.column else label
        known = set(candidates["text"])
        unknown = ~texts.is_in(list(known)) & texts.is_not_null()
        if not rule.create:  # else only rows that are rejected anyway have an unknown unit
            chunk.reject(unknown, label, texts, self._unknown(rule))
        if required:
            chunk.reject(
                texts.is_null(), label, None, lambda _value: "thiếu đơn vị; hãy điền cột này."
            )
        if candidates.is_empty():
            return _nothing(chunk.raw.height)
        if _plain(candidates):
            return texts.replace_strict(
                candidates["text"], candidates["id"], default=None, return_dtype=pl.Int64
            )
        return self._valid(chunk, texts, candidates, days, label, self._hint(rule, still=True))

    def _candidates(self, texts: pl.Series, rule: UnitSettings) -> pl.DataFrame:
        """What each text may mean, and when; ``said``: somebody decided so, which comes first."""
        rows: list[tuple[str, int, date, date, bool]] = []
        for text in texts.drop_nulls().unique():
            said = [
                (text, unit, first or _FIRST_DAY, last or _LAST_DAY, True)
                for unit, first, last in self._aliases.of(text)
            ]
            rows += said
            if any(row[2:4] == (_FIRST_DAY, _LAST_DAY) for row in said):
                continue
            rows += [
                (text, unit.id, unit.valid_from or _FIRST_DAY, unit.valid_to or _LAST_DAY, False)
                for unit in self._matches(text, rule)
            ]
        days = {"from": pl.Date, "to": pl.Date}
        schema = {"text": pl.String, "id": pl.Int64, **days, "said": pl.Boolean}
        return pl.DataFrame(rows, schema=schema, orient="row")

    def _matches(self, text: str, rule: UnitSettings) -> list[Any]:
        for scheme in rule.scheme:
            loose = not rule.create
            if found := self._known.meant(text, scheme, by=rule.by, without_kind=loose):
                return found
        return []

    def _valid(
        self,
        chunk: Chunk,
        texts: pl.Series,
        candidates: pl.DataFrame,
        days: pl.DataFrame,
        label: str,
        hint: Hints,
    ) -> pl.Series:
        asked = days.select(
            text=texts,
            first=pl.col("first").fill_null(_LAST_DAY),
            last=pl.col("last").fill_null(_LAST_DAY),
        )
        on_first = (pl.col("from") <= pl.col("first")) & (pl.col("first") <= pl.col("to"))
        overlapping = (pl.col("from") <= pl.col("last")) & (pl.col("first") <= pl.col("to"))
        answers = (
            asked.unique()
            .drop_nulls("text")
            .join(candidates, on="text")
            .with_columns(
                rank=pl.when(on_first)
                .then(pl.when("said").then(-1).otherwise(0))
                .when(overlapping & ~pl.col("said"))
                .then(1)
            )
            .filter(pl.col("rank").is_not_null())
            .filter(pl.col("rank") == pl.col("rank").min().over("text", "first", "last"))
            .group_by("text", "first", "last")
            .agg(pl.col("id").first(), pl.len().alias("count"))
        )
        found = asked.join(answers, on=["text", "first", "last"], how="left", maintain_order="left")
        chunk.reject(
            texts.is_in(candidates["text"].unique().to_list()) & found["id"].is_null(),
            label,
            texts,
            lambda value: (
                "đơn vị có trong danh mục nhưng không có hiệu lực vào ngày tiếp nhận hồ sơ"
                f"{hint(value or '')}. Hãy dùng mã hoặc tên của đơn vị lúc đó."
            ),
        )
        chunk.reject(
            found["count"] > 1,
            label,
            texts,
            lambda _value: (
                "có nhiều đơn vị cùng mã hoặc cùng tên vào ngày này; "
                "hãy ghi mã, hoặc đặt scheme trong ánh xạ."
            ),
        )
        return found["id"]

    def _unknown(self, rule: UnitSettings) -> Why:
        if not self._known.standing_first(rule.scheme):
            return lambda _value: (
                "đơn vị không có trong danh mục (danh mục đang trống); hãy nạp danh mục đơn "
                "vị trước, hoặc đặt create = true trong ánh xạ."
            )
        hint = self._hint(rule)
        return lambda value: (
            f"đơn vị không có trong danh mục{hint(value or '')}. Hãy sửa lại mã hoặc tên đơn vị, "
            "hoặc ghi cách viết này vào aliases của ánh xạ."
        )

    def _hint(self, rule: UnitSettings, *, still: bool = False) -> Hints:
        """The nearest names, of units that still exist first; ``still``: of those only."""
        key = (rule.by, rule.scheme, still)
        if key not in self._hints:
            open_first = self._known.standing_first(rule.scheme)
            if still:
                open_first = [unit for unit in open_first if unit.valid_to is None]
            self._hints[key] = (
                Hints(lambda: [unit.code for unit in open_first])
                if rule.by == "code"
                else Hints(lambda: [unit.name for unit in open_first], self._known.names.near)
            )
        return self._hints[key]

    def _make_missing(self, chunk: Chunk, rule: UnitSettings, name: str) -> None:
        if not rule.create:
            return
        texts = chunk.typed[name].filter(chunk.good())
        names = chunk.typed.get(f"{name}_name")
        named = _first_names(texts, names.filter(chunk.good()) if names is not None else None)
        made = False
        for text in texts.drop_nulls().unique(maintain_order=True):
            if self._aliases.of(text) or self._matches(text, rule):
                continue
            made = True
            if self._got_its_code(text, named.get(text), rule):
                continue
            if self._is_called(text, named.get(text), rule):
                continue
            self.add(
                {
                    "scheme": rule.scheme[0],
                    "code": as_code(text),
                    "name": named.get(text, text)[:255],
                    "kind": rule.kind,
                    "level": rule.level,
                    "parent_id": self._parent(rule),
                }
            )
        if made:
            self._sort()

    def _got_its_code(self, code: str, name: str | None, rule: UnitSettings) -> bool:
        """Whether a unit known by this name alone, and made so, has this code from now on."""
        if name is None or not agency_key(code):
            return False
        found = self._known.meant(name, rule.scheme[0], by="name", without_kind=False)
        if len(found) != 1 or found[0].code != as_code(found[0].name):
            return False
        self._connection.execute(_UNIT.update().where(_UNIT.c.id == found[0].id).values(code=code))
        self._known = self._read()
        return True

    def _is_called(self, code: str, name: str | None, rule: UnitSettings) -> bool:
        """Whether an agency's code is, by the name beside it, one unit of a list with other codes.

        It is kept like what a person says (``unit_alias``), who may take it back.
        """
        if name is None or not agency_key(code) or self._now is None:
            return False
        found = {
            unit.id: unit
            for scheme in rule.scheme
            for unit in self._known.meant(name, scheme, by="name", without_kind=False)
            if unit.valid_to is None and not agency_key(unit.code)
        }
        if len(found) != 1:
            return False
        (unit,) = found.values()
        remember_code(self._connection, self._aliases.root(unit.id), code, self._now)
        self._aliases = Aliases.read(self._connection)
        self._known = self._read()
        self.called.append(f"{code} là {unit.name}")
        return True

    def _parent(self, rule: UnitSettings) -> int | None:
        found = self._known.of_code(rule.parent or "")
        return found[-1].id if found else None

    def add(self, values: dict[str, Any]) -> None:
        """Make a unit, unless its scheme, code and first day are known already."""
        for unit in self._known.of_code(values["code"]):
            if unit.scheme == values["scheme"] and unit.valid_from == values.get("valid_from"):
                return
        statement = insert(_UNIT).values({"sort_order": 0, **values}).returning(_UNIT)
        self._known.add(self._connection.execute(statement).one())
        self.created.append(str(values["name"]))

    def id_of_code(self, scheme: str, code: str) -> int | None:
        """The unit of a scheme ("*": any) with that code which began last."""
        found = self._known.of_code(code, scheme)
        found.sort(key=lambda unit: unit.valid_from or _FIRST_DAY)
        return self._aliases.root(found[-1].id) if found else None

    def in_order(self) -> None:
        """Give every unit its place in the Vietnamese alphabet, if there are new ones."""
        if self.created:
            self._sort()

    def _sort(self) -> None:
        ordered = sorted(self._known.by_id.values(), key=lambda unit: collation_key(unit.name))
        for place, unit in enumerate(ordered, start=1):
            if unit.sort_order != place:
                self._connection.execute(
                    _UNIT.update().where(_UNIT.c.id == unit.id).values(sort_order=place)
                )
        self._known = self._read()


def _plain(candidates: pl.DataFrame) -> bool:
    """Whether each text means one unit whatever the day."""
    return bool(
        candidates["text"].n_unique() == candidates.height
        and (candidates["from"] == _FIRST_DAY).all()
        and (candidates["to"] == _LAST_DAY).all()
    )


def _nothing(height: int) -> pl.Series:
    return pl.Series([None], dtype=pl.Int64).new_from_index(0, height)


class ProcedureBook:
    """Procedures by code and by name, with the versions' days; fields by code and by name."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.created: list[str] = []
        self._by_code: dict[str, list[Any]] = defaultdict(list)
        self._by_name: dict[str, list[Any]] = defaultdict(list)
        self._all: list[Any] = []
        self._name_hints = Hints(lambda: [row.name for row in self._all])
        self._code_hints = Hints(lambda: [row.code for row in self._all])
        for row in connection.execute(select(_PROCEDURE)):
            self._remember(row)
        self._fields: dict[str, int] = {}
        for field in connection.execute(select(_FIELD)):
            self._fields.setdefault(fold(field.name), field.id)
            self._fields[fold(field.code)] = field.id

    def _remember(self, row: Any) -> None:
        self._all.append(row)
        self._by_code[_procedure_key(row.code)].append(row)
        self._by_name[fold(row.name)].append(row)

    def find(self, chunk: Chunk, rule: ProcedureSettings, days: pl.Series) -> pl.Series:
        """Ids of the versions of the procedures that ``chunk.typed["procedure"]`` names.

        Of several versions the one valid on the day of receipt; where none was, the last that
        had begun by then (the data screen flags such dossiers; they are not refused).
        """
        texts = chunk.typed["procedure"]
        self._make_missing(chunk, rule)
        candidates = self._candidates(texts, rule)
        label = rule.column[0]
        unknown = ~texts.is_in(candidates["text"].unique().to_list()) & texts.is_not_null()
        if not rule.create:  # else only rows that are rejected anyway have an unknown one
            chunk.reject(unknown, label, texts, self._unknown)
        if rule.required:
            chunk.reject(
                texts.is_null(), label, None, lambda _value: "thiếu thủ tục; hãy điền cột này."
            )
        if candidates.is_empty():
            return _nothing(chunk.raw.height)
        if candidates["text"].n_unique() == candidates.height:
            return texts.replace_strict(
                candidates["text"], candidates["id"], default=None, return_dtype=pl.Int64
            )
        return _version_of_day(texts, days, candidates)

    def _candidates(self, texts: pl.Series, rule: ProcedureSettings) -> pl.DataFrame:
        rows = [
            (text, row.id, row.version, row.valid_from or _FIRST_DAY, row.valid_to or _LAST_DAY)
            for text in texts.drop_nulls().unique()
            for row in self._matches(text, rule)
        ]
        schema = {
            "text": pl.String,
            "id": pl.Int64,
            "version": pl.Int64,
            "from": pl.Date,
            "to": pl.Date,
        }
        return pl.DataFrame(rows, schema=schema, orient="row")

    def _matches(self, text: str, rule: ProcedureSettings) -> list[Any]:
        found = self._by_code.get(_procedure_key(text), []) if rule.by != "name" else []
        if not found and rule.by != "code":
            found = self._by_name.get(fold(text), [])
        return found

    def _unknown(self, value: str | None) -> str:
        hint = self._name_hints(value or "") or self._code_hints(value or "")
        return (
            f"thủ tục không có trong danh mục{hint}. "
            "Hãy sửa lại mã hoặc tên thủ tục, hoặc nạp danh mục thủ tục trước."
        )

    def _make_missing(self, chunk: Chunk, rule: ProcedureSettings) -> None:
        if not rule.create:
            return
        good = chunk.good()
        texts = chunk.typed["procedure"].filter(good)
        names = _first_names(texts, _filtered(chunk.typed.get("procedure_name"), good))
        fields = _first_names(texts, _filtered(chunk.typed.get("field"), good))
        for text in texts.drop_nulls().unique(maintain_order=True):
            if not self._matches(text, rule):
                name = names.get(text, text)[:1024]
                code = as_code(procedure_key(text))
                self.add({"code": code, "name": name, "version": 1}, fields.get(text))

    def add(self, values: dict[str, Any], field: str | None) -> None:
        """Make a version of a procedure, unless its code and version are known already."""
        for row in self._by_code.get(_procedure_key(values["code"]), []):
            if row.version == values["version"]:
                return
        statement = (
            insert(_PROCEDURE)
            .values({**values, "is_sensitive": False, "field_id": self.field_id(field)})
            .returning(_PROCEDURE)
        )
        self._remember(self._connection.execute(statement).one())
        self.created.append(str(values["name"]))

    def field_id(self, text: str | None) -> int | None:
        """The id of a field by code or name; an unknown one is made."""
        if text is None:
            return None
        found = self._fields.get(fold(text))
        if found is None:
            found = self._connection.execute(
                insert(_FIELD).values(code=as_code(text), name=text[:255]).returning(_FIELD.c.id)
            ).scalar_one()
            self._fields[fold(text)] = found
        return found


def _procedure_key(code: str) -> str:
    return fold(procedure_key(code))


def _filtered(column: pl.Series | None, rows: pl.Series) -> pl.Series | None:
    return None if column is None else column.filter(rows)


def _version_of_day(texts: pl.Series, days: pl.Series, candidates: pl.DataFrame) -> pl.Series:
    asked = pl.DataFrame({"text": texts, "day": days}).with_columns(
        pl.col("day").fill_null(_LAST_DAY)
    )
    begun = pl.col("from") <= pl.col("day")
    valid = begun & (pl.col("day") <= pl.col("to"))
    answers = (
        asked.unique()
        .drop_nulls("text")
        .join(candidates, on="text")
        .with_columns(rank=pl.when(valid).then(0).when(begun).then(1).otherwise(2))
        .sort("rank", "from", "version", descending=[False, True, True])
        .unique(["text", "day"], keep="first", maintain_order=True)
        .select("text", "day", "id")
    )
    return asked.join(answers, on=["text", "day"], how="left", maintain_order="left")["id"]
