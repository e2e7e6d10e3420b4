"""What the home screen of the sample says of tasks, findings, promises and indices, counted again
row by row from the registers' tables; a promise about dossiers by tests/oracle.py.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time
from fractions import Fraction
from math import ceil, floor
from typing import Any, Final

import pytest
from sqlalchemy import select

from connectors.database.models import Base
from connectors.database.session import open_database
from connectors.settings import Settings
from tests import oracle
from tests.oracle import Ask, Look
from tests.pages.kit import installed, shown
from tests.pages.said import said
from tests.pages.week.listed import listed
from tests.pages.week.records import DAY, Records, local, read

PERIODS: Final = {
    "week:2026-W26": (date(2026, 6, 22), date(2026, 6, 28)),
    "month:2026-05": (date(2026, 5, 1), date(2026, 5, 31)),
    "week:2026-W10": (date(2026, 3, 2), date(2026, 3, 8)),
}
REMINDERS, QUIET, FALL, LEADING, NEWS = 3, 14, 5, 10, 2
_TABLES: Final = (
    *("programme", "task", "task_update", "reminder", "inspection", "finding", "finding_check"),
    *("target", "commitment", "index_score", "unit", "withdrawal", "feedback"),
)
Row = dict[str, Any]


@dataclass(frozen=True)
class Book:
    """The registers' rows, and the dossiers."""

    rows: dict[str, list[Row]]
    records: Records

    def by_id(self, table: str) -> dict[int, Row]:
        return {row["id"]: row for row in self.rows[table]}

    def name(self, unit: int) -> str:
        return self.records.units[unit]


@pytest.fixture(scope="module")
def book(with_registers: Settings) -> Book:
    engine = open_database(with_registers.database_url)
    with engine.connect() as connection:
        rows = {
            name: [dict(row) for row in connection.execute(select(table)).mappings()]
            for name, table in Base.metadata.tables.items()
            if name in _TABLES
        }
    engine.dispose()
    assert not rows["withdrawal"]
    return Book(rows, read(with_registers))


# -- tasks and findings, as of the end of a day --------------------------------------------


@dataclass(frozen=True)
class Then:
    """The registers as they were known at the end of a period's last day."""

    book: Book
    first: date
    day: date
    told: Counter[str] = field(default_factory=Counter)
    """What the screen has told of, by kind."""
    looked: dict[date, list[Look]] = field(default_factory=dict)
    """The dossiers as they are seen, by the day since when."""

    def before(self, table: str, key: str) -> dict[int, list[Row]]:
        """Rows of before the end of the day, by what they belong to, oldest first."""
        found: dict[int, list[Row]] = defaultdict(list)
        for row in sorted(self.book.rows[table], key=lambda row: row["at"]):
            if local(row["at"]) < datetime.combine(self.day + DAY, datetime.min.time()):
                found[row[key]].append(row)
        return found

    def tasks(self) -> list[Row]:
        """Tasks of the programmes that run in the period, with what was said of them last."""
        programmes = self.book.by_id("programme")
        updates, reminders = (self.before(name, "task_id") for name in ("task_update", "reminder"))
        found = []
        for task in self.book.rows["task"]:
            programme = programmes[task["programme_id"]]
            begin = programme["period_from"] or programme["issued_on"]
            runs = (not begin or begin <= self.day) and (
                not programme["period_to"] or programme["period_to"] >= self.first
            )
            known = task["assigned_on"] or programme["issued_on"] or programme["period_from"]
            if not runs or (known and known > self.day):
                continue
            last = updates[task["id"]][-1] if updates[task["id"]] else {}
            since = local(last["at"]).date() if last else known
            done = last.get("is_completed")
            past = not done and task["due_on"] is not None and task["due_on"] < self.day
            found.append(
                task
                | {
                    "done": done,
                    "launched": True if done else last.get("is_launched"),
                    "past": past,
                    "unreported": past and done is None,
                    "escalated": not done and len(reminders[task["id"]]) > REMINDERS,
                    "quiet": not done and since is not None and (self.day - since).days > QUIET,
                }
            )
        return found

    def findings(self) -> list[Row]:
        visits = self.book.by_id("inspection")
        found = []
        for row in self.book.rows["finding"]:
            visit = visits[row["inspection_id"]]
            assert visit["date_precision"] == "day"
            if (visit["to_on"] or visit["from_on"]) > self.day:
                continue
            checks = sorted(
                (
                    check
                    for check in self.book.rows["finding_check"]
                    if check["finding_id"] == row["id"] and check["checked_on"] <= self.day
                ),
                key=lambda check: check["checked_on"],
            )
            fixed = bool(checks and checks[-1]["is_fixed"])
            denied = max((c["checked_on"] for c in checks if not c["is_fixed"]), default=date.min)
            told = row["reported_on"] is not None and row["reported_on"] <= self.day
            late = not fixed and row["fix_by"] is not None and row["fix_by"] < self.day
            found.append(
                row
                | {
                    "unit_id": visit["unit_id"],
                    "fixed": fixed,
                    "past": late,
                    "days": (self.day - row["fix_by"]).days if late else None,
                    "told": told and not fixed and row["reported_on"] > denied,
                }
            )
        return found

    def feedback(self) -> list[Row]:
        """What citizens said, past its date and not done at the end of the day."""
        end, found = datetime.combine(self.day + DAY, datetime.min.time()), []
        for row in self.book.rows["feedback"]:
            received, due, done = (local(row[at]) for at in ("received_at", "due_at", "ended_at"))
            if received >= end or (done is not None and done < end):
                continue
            due = due or self._working(received.date(), 15)
            taken = local(row["accepted_at"])
            found.append(
                row
                | {
                    "past": due < end,
                    "days": (end - due).days,
                    "taken": taken is not None and taken < end,
                }
            )
        return found

    def _working(self, day: date, days: int) -> datetime:
        """The close of so many working days after a day."""
        last = day
        while self.book.records.world[0].working_days(day, last) < days:
            last += DAY
        return datetime.combine(last, time(17))

    # -- promises ---------------------------------------------------------------------------

    def _looks(self, unit: int, since: date, condition: Callable[[Look], bool]) -> int:
        city = next(row["id"] for row in self.book.rows["unit"] if row["level"] == "province")
        if since not in self.looked:
            self.looked[since] = self._seen(since)
        looks = self.looked[since]
        return sum(condition(look) for look in looks if unit == city or look.d.unit_id == unit)

    def _seen(self, since: date) -> list[Look]:
        newest = max(one.until for one in self.book.records.world[1] if one.until is not None)
        ends = oracle.midnight(self.day + DAY), oracle.next_minute(newest)
        ask = Ask(since, self.day, as_of=min(ends))
        return oracle.looks(self.book.records.dossiers, ask, *self.book.records.world)

    def late(self, target: Row, unit: int, until: date) -> int:
        """Late dossiers of a promise since it began that ended by a day."""

        def by_then(look: Look) -> bool:
            counts = oracle.on_time_base(look) and not oracle.on_time(look)
            return counts and look.d.ended_at is not None and look.d.ended_at.date() <= until

        return self._looks(unit, target["period_from"], by_then)

    def sides(self, target: Row, unit: int) -> tuple[int, int, int]:
        """Numerator, denominator and unknown of a promise about dossiers, since it began."""
        since = target["period_from"]
        if target["metric"] == "on_time":
            assert target["definition"] in (None, "form")
            conditions = (oracle.on_time, oracle.on_time_base, oracle.on_time_unknown)
            n, d, x = (self._looks(unit, since, each) for each in conditions)
            return n, d, x
        assert target["metric"] == "online_share"
        return (
            self._looks(unit, since, oracle.received_online),
            self._looks(unit, since, oracle.received),
            0,
        )


def _day(text: str) -> date:
    return datetime.strptime(text, "%d/%m/%Y").date()


def _n(text: str | None) -> int:
    return int((text or "0").replace(".", ""))


def _short(name: str) -> str:
    return name.partition("…")[0]


# -- the sentences -------------------------------------------------------------------------

Check = Callable[[re.Match[str], Then], None]
_CHECKS: Final[list[tuple[re.Pattern[str], Check]]] = []


_OPENS: Final = r"(?: \*Xem (?:(?P<opens>[\d.]+) )?[^*]+\*)?$"


def says(pattern: str) -> Callable[[Check], Check]:
    def put(check: Check) -> Check:
        _CHECKS.append(
            (re.compile(pattern + r"(?: \*Xem (?:(?P<opens>[\d.]+) )?[^*]+\*)?$"), check)
        )
        return check

    return put


def _theirs(rows: Iterable[Row], flag: str, name: str, then: Then) -> list[Row]:
    return [row for row in rows if row[flag] and then.book.name(row["unit_id"]) == name]


@says(
    r"(?P<unit>.+?) 1 nhiệm vụ quá hạn (?P<days>[\d.]+) ngày (?P<what>chưa báo cáo kết quả|chưa "
    r"hoàn thành): “(?P<name>.+)”\."
)
def _one_task(m: re.Match[str], then: Then) -> None:
    (row,) = _theirs(then.tasks(), "past", m["unit"], then)
    then.told["tasks"] += 1
    assert (then.day - row["due_on"]).days == _n(m["days"])
    assert row["unreported"] == (m["what"] == "chưa báo cáo kết quả")
    assert row["name"].startswith(_short(m["name"]))


@says(
    r"(?P<unit>.+?) (?P<n>[\d.]+) nhiệm vụ quá hạn (?P<what>chưa báo cáo kết quả|chưa hoàn thành)"
    r"(?:, trong đó (?P<silent>[\d.]+) chưa báo cáo kết quả)?, lâu nhất (?P<days>[\d.]+) ngày\."
)
def _some_tasks(m: re.Match[str], then: Then) -> None:
    rows = _theirs(then.tasks(), "past", m["unit"], then)
    then.told["tasks"] += len(rows)
    silent = sum(row["unreported"] for row in rows)
    assert len(rows) == _n(m["n"]) == _n(m["opens"])
    assert max((then.day - row["due_on"]).days for row in rows) == _n(m["days"])
    if m["what"] == "chưa báo cáo kết quả":
        assert silent == len(rows)
    else:
        assert silent == _n(m["silent"])


@says(
    r"(?:(?P<k>[\d.]+) đơn vị khác|(?P<unit>.+?)) (?P<n>[\d.]+) nhiệm vụ (?P<what>đã đôn đốc quá 3 "
    r"lần mà chưa hoàn thành, cần báo cáo Ban cán sự|quá 14 ngày chưa cập nhật tình hình)"
    r"(?:: (?P<names>.+?)(?: và (?P<more>[\d.]+) đơn vị nữa)?)?\."
)
def _so_many_tasks(m: re.Match[str], then: Then) -> None:
    flag = "escalated" if m["what"].startswith("đã đôn đốc") else "quiet"
    counts = Counter(then.book.name(row["unit_id"]) for row in then.tasks() if row[flag])
    assert _n(m["n"]) == _n(m["opens"])
    if m["unit"]:
        assert counts[m["unit"]] == _n(m["n"])
    else:
        assert set(m["names"].split(", ")) <= set(counts)
    then.told[flag] += _n(m["n"])


@says(
    r"(?P<k>[\d.]+) đơn vị khác còn (?P<n>[\d.]+) (?P<what>nhiệm vụ đã qua hạn chưa hoàn thành|tồn "
    r"tại kiểm tra đã quá hạn khắc phục|phản ánh, kiến nghị đã quá hạn chưa xử lý xong)\."
)
def _others(m: re.Match[str], then: Then) -> None:
    kinds = {"nhiệm": "tasks", "tồn": "findings", "phản": "feedback"}
    then.told[kinds[m["what"].split()[0]]] += _n(m["n"])
    assert _n(m["n"]) == _n(m["opens"])


_MORE = (
    r"(?: \((?:(?P<told>[\d.]+) đã báo cáo nhưng chưa được xác nhận)?(?:, )?"
    r"(?:(?P<again>[\d.]+) lặp lại)?\))?"
)


@says(
    rf"(?P<unit>.+?) 1 tồn tại kiểm tra quá hạn (?P<days>[\d.]+) ngày chưa khắc phục{_MORE}: "
    r"“(?P<name>.+)”\."
)
def _one_finding(m: re.Match[str], then: Then) -> None:
    (row,) = _theirs(then.findings(), "past", m["unit"], then)
    then.told["findings"] += 1
    assert row["days"] == _n(m["days"])
    assert (row["told"], row["repeats_id"] is not None) == (_n(m["told"]), _n(m["again"]))
    assert row["description"].startswith(_short(m["name"]))


@says(
    rf"(?P<unit>.+?) (?P<n>[\d.]+) tồn tại kiểm tra quá hạn chưa khắc phục{_MORE}, lâu nhất "
    r"(?P<days>[\d.]+) ngày\."
)
def _some_findings(m: re.Match[str], then: Then) -> None:
    rows = _theirs(then.findings(), "past", m["unit"], then)
    then.told["findings"] += len(rows)
    assert len(rows) == _n(m["n"]) == _n(m["opens"])
    assert max(row["days"] for row in rows) == _n(m["days"])
    assert sum(row["told"] for row in rows) == _n(m["told"])
    assert sum(row["repeats_id"] is not None for row in rows) == _n(m["again"])


@says(
    r"(?P<unit>.+?) (?P<n>[\d.]+) phản ánh, kiến nghị quá hạn (?:(?P<one>dưới 1|[\d.]+) ngày )?"
    r"chưa xử lý xong(?: \((?:(?P<urgent>[\d.]+) khẩn)?(?:, )?"
    r"(?:(?P<not>[\d.]+) chưa tiếp nhận)?\))?"
    r"(?:, lâu nhất (?P<days>dưới 1|[\d.]+) ngày|: “(?P<name>.+)”)?\."
)
def _feedback(m: re.Match[str], then: Then) -> None:
    rows = _theirs(then.feedback(), "past", m["unit"], then)
    then.told["feedback"] += len(rows)
    assert len(rows) == _n(m["n"]) == _n(m["opens"])
    oldest = m["one"] or m["days"]
    assert max(row["days"] for row in rows) == (0 if oldest == "dưới 1" else _n(oldest))
    assert sum(row["is_urgent"] is True for row in rows) == _n(m["urgent"])
    assert sum(not row["taken"] for row in rows) == _n(m["not"])


@says(
    r"(?P<unit>.+?) (?P<state>nguy cơ không đạt|không đạt) (?P<what>chỉ tiêu|cam kết) "
    r"“(?P<name>.+?)”: (?:.*?: )?(?P<n>[\d.]+)/(?P<d>[\d.]+) = (?P<rate>[\d,]+)% (?P<is>[<≥]) "
    r"(?P<low>[\d,]+)%(?:; (?P<x>[\d.]+) hồ sơ chưa phân loại được)?"
    r"(?:; đã có (?P<spent>[\d.]+) hồ sơ [^,]+, quá số cả kỳ chịu được \((?P<over>[\d.]+)\)"
    r"|; cả kỳ chịu được (?P<allowed>[\d.]+) hồ sơ [^,]+, đã có (?P<had>[\d.]+), còn chịu được "
    r"(?P<left>[\d.]+) trong khoảng (?P<rest>[\d.]+) hồ sơ còn lại)?"
    r"(?:; đã hết trong tuần đến (?P<gone>[\d/]+)"
    r"|; theo nhịp này thì hết vào khoảng (?P<when>[\d/]+) \(từ (?P<soonest>[\d/]+) "
    r"(?:đến (?P<latest>[\d/]+)|hoặc không hết)\))?\."
)
def _promise(m: re.Match[str], then: Then) -> None:
    (target,) = (
        row
        for row in then.book.rows["target"]
        if row["name"] == m["name"]
        and row["period_from"] <= then.day
        and row["period_to"] >= then.first
        and (m["what"] == "cam kết" or then.book.name(row["unit_id"]) == m["unit"])
    )
    (unit,) = (
        {row["unit_id"] for row in then.book.rows["commitment"] if row["target_id"] == target["id"]}
        if m["what"] == "cam kết"
        else {target["unit_id"]}
    ) & {unit for unit, name in then.book.records.units.items() if name == m["unit"]}
    n, d, x = then.sides(target, unit)
    assert (_n(m["n"]), _n(m["d"]), _n(m["x"])) == (n, d, x)
    low = Fraction(str(target["low"]))
    assert Fraction(m["low"].replace(",", ".")) == 100 * low
    assert abs(float(m["rate"].replace(",", ".")) - 100 * n / d) < 0.1
    # What the unknown could turn has no state.
    assert (Fraction(n + x, d + x) < low) == (Fraction(n, d + x) < low) == (m["is"] == "<")
    over = target["period_to"] <= then.day
    assert over == (m["state"] == "không đạt")
    if over:
        return
    days = (target["period_to"] - target["period_from"]).days + 1
    volume = round(Fraction(d * days, (then.day - target["period_from"]).days + 1))
    allowed = floor((1 - low) * volume)
    if m["spent"]:
        assert (_n(m["spent"]), _n(m["over"])) == (d - n, allowed)
        assert d - n > allowed
    else:
        assert (_n(m["allowed"]), _n(m["had"])) == (allowed, d - n)
        assert (_n(m["left"]), _n(m["rest"])) == (allowed - (d - n), volume - d)
        assert d - n <= allowed
    if m["gone"]:
        week = _day(m["gone"])
        assert then.late(target, unit, week - 7 * DAY) <= allowed < then.late(target, unit, week)
    if m["when"]:
        # At the pace of the weeks that the last 13 weeks touch.
        near = then.day - 90 * DAY
        since = max(near - near.weekday() * DAY, target["period_from"])
        late = d - n - then.late(target, unit, since - DAY)
        wait = Fraction((allowed - (d - n) + 1) * ((then.day - since).days + 1), late)
        assert _day(m["when"]) == then.day + ceil(wait) * DAY
        assert _day(m["when"]) <= target["period_to"]
        assert then.day < _day(m["soonest"]) <= _day(m["when"])
        assert not m["latest"] or _day(m["when"]) <= _day(m["latest"])


@says(
    r"(?P<k>[\d.]+) đơn vị khác (?P<state>nguy cơ không đạt|không đạt) cam kết: (?P<names>.+?)"
    r"(?: và (?P<more>[\d.]+) đơn vị nữa)?\."
)
def _other_promises(m: re.Match[str], then: Then) -> None:
    names = m["names"].split(", ")
    assert len(names) + _n(m["more"]) == _n(m["k"])
    targets = then.book.by_id("target")
    missed = {
        then.book.name(row["unit_id"])
        for row in then.book.rows["commitment"]
        if (target := targets[row["target_id"]])["metric"] in ("on_time", "online_share")
        and target["period_from"] <= then.day
        and target["period_to"] >= then.first
        and _below(target, *then.sides(target, row["unit_id"]))
    }
    assert set(names) <= missed


def _below(target: Row, n: int, d: int, x: int) -> bool:
    return d > 0 and Fraction(n + x, d + x) < Fraction(str(target["low"]))


@says(
    r"(?P<index>\S+) (?P<year>\d{4}) của (?P<place>.+?) hạng (?P<now>[\d.]+)(?:/(?P<of>[\d.]+))?, "
    r"giảm (?P<fall>[\d.]+) bậc so với năm (?P<before>\d{4}) \(hạng (?P<then>[\d.]+)\)"
    r"(?:; giảm nhiều nhất: (?P<parts>.+?))?(?:; còn (?P<away>[\d.]+) bậc mới vào nhóm 10)?\."
    r"(?P<odd> Các nguồn nêu khác nhau\.)?"
)
def _fall(m: re.Match[str], then: Then) -> None:
    def ranked(year: str) -> list[Row]:
        return [
            row
            for row in then.book.rows["index_score"]
            if row["index_name"] == m["index"]
            and row["year"] == int(year)
            and row["component"] == "TOTAL"
            and row["province"].endswith(m["place"])
            and row["rank"] is not None
        ]

    nows, befores = ranked(m["year"]), ranked(m["before"])
    now, before = _n(m["now"]), _n(m["then"])
    assert now in {each["rank"] for each in nows}
    assert before in {each["rank"] for each in befores}
    assert now - before == _n(m["fall"])
    assert m["of"] is None or _n(m["of"]) in {each["n_provinces"] for each in nows}
    assert now - LEADING == _n(m["away"]) or now <= LEADING
    assert now - before >= FALL or before <= LEADING < now
    assert then.day.year - 1 - NEWS < int(m["year"]) < then.day.year
    assert len({each["method_version"] for each in nows + befores}) == 1
    differ = any(len({each["rank"] for each in some}) > 1 for some in (nows, befores))
    assert bool(m["odd"]) == differ


_OF_DOSSIERS: Final = re.compile(
    r" đúng hạn [\d,]+% \(|trễ hẹn|lần trễ|văn bản xin lỗi|hồ sơ (?:trực tuyến|chưa phân loại|đến "
    r"hạn)|^Nguồn |dưới mục tiêu"
)
"""What tests/pages/week/test_home_sentences.py counts again."""


@pytest.mark.parametrize("period", list(PERIODS))
def test_every_sentence_about_a_register_is_what_its_rows_give(
    book: Book, with_registers: Settings, monkeypatch: pytest.MonkeyPatch, period: str
) -> None:
    then = Then(book, *PERIODS[period])
    with installed(with_registers, monkeypatch):
        app = shown("week", None, period=period)
        texts = [one.text.replace("\n", " ") for one in said(app)]
        told = [one.sentence for one in listed(app)]
    met = Counter[str]()
    for sentence in told:
        found = [(m, check) for words, check in _CHECKS if (m := words.match(sentence))]
        if not found and _OF_DOSSIERS.search(sentence):
            continue
        assert len(found) == 1, f"nobody has counted this again: {sentence}"
        match, check = found[0]
        check(match, then)
        met[check.__name__] += 1
    # Nothing is left unsaid, either.
    assert then.told["tasks"] == sum(row["past"] for row in then.tasks())
    assert then.told["findings"] == sum(row["past"] for row in then.findings())
    assert then.told["feedback"] == sum(row["past"] for row in then.feedback())
    assert then.told["quiet"] == sum(row["quiet"] for row in then.tasks())
    assert then.told["escalated"] == sum(row["escalated"] for row in then.tasks())
    _cards(texts, then)


def _cards(texts: list[str], then: Then) -> None:
    """The cards of tasks and findings."""
    tasks, findings = then.tasks(), then.findings()
    (card,) = (text for text in texts if text.startswith("Nhiệm vụ được triển khai "))
    launched, done = (sum(row[key] is True for row in tasks) for key in ("launched", "done"))
    silent = any(row["done"] is None for row in tasks)
    assert card.startswith(f"Nhiệm vụ được triển khai {launched}/{len(tasks)} ")
    assert f"Hoàn thành: {'ít nhất ' if silent else ''}{done} " in card
    (card,) = (text for text in texts if text.startswith("Tồn tại kiểm tra chưa khắc phục "))
    fixed, past = (sum(row[key] for row in findings) for key in ("fixed", "past"))
    assert card.startswith(f"Tồn tại kiểm tra chưa khắc phục {len(findings) - fixed} ")
    assert (f"◆ {past} quá hạn" in card) == bool(past)
    assert f"đã khắc phục {fixed}/{len(findings)} tồn tại" in card
