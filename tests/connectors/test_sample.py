"""The sample data: the same for the same arguments, whole, plausible, and nobody's real data."""

from __future__ import annotations

import tomllib
from datetime import date, datetime, time, timedelta
from pathlib import Path

import polars as pl
import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from connectors.calendar import load_calendar
from connectors.database import models
from connectors.database.session import open_database
from connectors.sample import SampleRefused, load, make
from connectors.sample.load import Sample
from connectors.settings import PROJECT_ROOT, Settings
from tests.register_models import FormRow

END = date(2026, 11, 15)
MIDNIGHT = datetime.combine(END + timedelta(days=1), time())
DOSSIERS = 80_000
# Moments that are appointed, not happened: they may lie after the end.
APPOINTED = {"due_at", "due_original_at", "new_due_at"}


def sample_of(path: Path, *, seed: int = 1, end: date = END, dossiers: int) -> Sample:
    engine = open_database(f"sqlite:///{path}")
    with engine.connect() as connection:
        sample = make(connection, seed=seed, end=end, dossiers=dossiers)
    engine.dispose()
    return sample


@pytest.fixture(scope="module")
def empty(request: pytest.FixtureRequest) -> Path:
    """A migrated database without rows, which making a sample only reads."""
    path: Path = request.getfixturevalue("_sqlite_template")
    return path


@pytest.fixture(scope="module")
def sample(empty: Path) -> dict[str, pl.DataFrame]:
    return sample_of(empty, dossiers=DOSSIERS).frames


@pytest.fixture(scope="module")
def judged(sample: dict[str, pl.DataFrame]) -> pl.DataFrame:
    return judge(sample)


def judge(sample: dict[str, pl.DataFrame]) -> pl.DataFrame:
    """Dossiers with ``judged`` (due date after pauses), row by row as docs/definitions.md says."""
    pauses: dict[int, list[tuple[datetime, datetime | None]]] = {}
    ordered = sample["pause"].sort("dossier_id", "from_at")
    for dossier, start, end in ordered.select("dossier_id", "from_at", "to_at").iter_rows():
        pauses.setdefault(dossier, []).append((start, end))
    dues = []
    for dossier, due, ended in sample["dossier"].select("id", "due_at", "ended_at").iter_rows():
        for start, end in pauses.get(dossier, ()):
            if due is not None and start <= due:
                stop = end or ended
                due = None if stop is None else due + (stop - start)
        dues.append(due)
    judged = pl.Series("judged", dues, dtype=pl.Datetime("ms"))
    units = sample["unit"].select(
        resolving_unit_id="id", unit="name", unit_to="valid_to", unit_kind="kind"
    )
    procedures = sample["procedure"].select(procedure_id="id", field_id="field_id")
    fields = sample["field"].select(field_id="id", field="code")
    return (
        sample["dossier"]
        .with_columns(judged)
        .join(units, on="resolving_unit_id")
        .join(procedures, on="procedure_id")
        .join(fields, on="field_id")
        .sort("id")
    )


def moment(value: object) -> datetime:
    assert isinstance(value, datetime)
    return value


def ended(judged: pl.DataFrame) -> pl.DataFrame:
    return judged.filter(pl.col("received_at").is_not_null(), pl.col("ended_at").is_not_null())


def overdue(judged: pl.DataFrame) -> pl.DataFrame:
    return judged.filter(
        pl.col("received_at").is_not_null(),
        pl.col("ended_at").is_null(),
        pl.col("judged") < MIDNIGHT,
    )


def late(judged: pl.DataFrame) -> pl.DataFrame:
    resolved = ended(judged).filter(pl.col("ended_at") > pl.col("judged"))
    return pl.concat([resolved, overdue(judged)])


def form_rate(resolved: pl.DataFrame) -> float:
    """Share that ended in time (a dossier that has not ended is not in time)."""
    in_time = resolved.filter(pl.col("ended_at") <= pl.col("judged")).height
    return in_time / resolved.height


def fingerprint(sample: Sample) -> dict[str, int]:
    return {name: int(f.hash_rows(seed=0).sum()) for name, f in sample.frames.items()}


# The same for the same arguments


def test_same_arguments_give_the_same_rows(empty: Path) -> None:
    first = sample_of(empty, dossiers=1_500)
    second = sample_of(empty, dossiers=1_500)
    assert fingerprint(first) == fingerprint(second)
    for name, frame in first.frames.items():
        assert frame.equals(second.frames[name])


@pytest.mark.parametrize(("seed", "end"), [(2, END), (1, END - timedelta(days=7))])
def test_other_arguments_give_other_dossiers(empty: Path, seed: int, end: date) -> None:
    usual = sample_of(empty, dossiers=1_500).frames["dossier"]
    other = sample_of(empty, seed=seed, end=end, dossiers=1_500).frames["dossier"]
    assert not usual.equals(other)
    assert set(usual["content_hash"]).isdisjoint(other["content_hash"])


@pytest.mark.parametrize("end", [date(2024, 12, 29), date(2025, 7, 6), date(2027, 8, 29)])
def test_any_sunday_will_do(empty: Path, end: date) -> None:
    frames = sample_of(empty, end=end, dossiers=1_500).frames
    assert frames["dossier"].height == pytest.approx(1_500, rel=0.02)
    assert moment(frames["dossier"]["received_at"].max()) < datetime.combine(end, time(17))


@pytest.mark.parametrize("end", [date(2026, 11, 14), date(2022, 11, 13)])
def test_an_end_that_is_no_sunday_or_too_early_is_refused(empty: Path, end: date) -> None:
    with pytest.raises(ValueError, match=r"Chủ nhật, từ 08/01/2023"):
        sample_of(empty, end=end, dossiers=100)


# Volume


def test_volume_is_what_was_asked_for(sample: dict[str, pl.DataFrame]) -> None:
    assert sample["dossier"].height == pytest.approx(DOSSIERS, rel=0.01)
    received = sample["dossier"]["received_at"]
    assert moment(received.min()) < datetime(2024, 11, 22)
    assert moment(received.max()) > datetime(2026, 11, 13)


def test_received_in_working_hours_mondays_most(sample: dict[str, pl.DataFrame]) -> None:
    received = sample["dossier"].select(at=pl.col("received_at").drop_nulls())
    calendar = load_calendar(None)
    days = received["at"].dt.date().unique()
    assert all(calendar.is_working(day) for day in days)
    assert set(received["at"].dt.hour()) <= set(range(8, 18))
    by_weekday = dict(received.group_by(pl.col("at").dt.weekday()).len().iter_rows())
    assert by_weekday[1] > by_weekday[3] > by_weekday[5]


def test_tet_is_quiet(sample: dict[str, pl.DataFrame]) -> None:
    day = pl.col("received_at").dt.date()
    during = sample["dossier"].filter(day.is_between(date(2026, 2, 14), date(2026, 2, 22)))
    before = sample["dossier"].filter(day.is_between(date(2026, 2, 9), date(2026, 2, 13)))
    usual = sample["dossier"].filter(day.is_between(date(2026, 3, 16), date(2026, 3, 20)))
    assert during.is_empty()
    assert before.height < 0.85 * usual.height


def test_schools_in_summer(judged: pl.DataFrame) -> None:
    schools = judged.filter(pl.col("field") == "giao-duc")
    month = pl.col("received_at").dt.month()
    assert schools.filter(month.is_in([6, 7, 8])).height > 1.8 * (
        schools.filter(month.is_in([10, 11, 12])).height
    )


def test_online_share_rises_from_55_to_90_per_cent(sample: dict[str, pl.DataFrame]) -> None:
    def share(first: date, last: date) -> float:
        part = sample["dossier"].filter(
            pl.col("received_at").dt.date().is_between(first, last)
        )  # fmt: skip
        return part.filter(pl.col("channel") == "online").height / part.height

    assert share(date(2024, 11, 18), date(2024, 12, 15)) == pytest.approx(0.55, abs=0.04)
    assert share(date(2026, 10, 19), END) == pytest.approx(0.90, abs=0.03)


# Nothing after the end


def test_nothing_happens_after_the_end(sample: dict[str, pl.DataFrame]) -> None:
    checked = 0
    for frame in sample.values():
        for name, dtype in frame.schema.items():
            if isinstance(dtype, pl.Datetime) and name not in APPOINTED:
                latest = frame[name].max()
                assert latest is None or moment(latest) < MIDNIGHT, name
                checked += 1
    assert checked >= 10


def test_no_source_speaks_of_what_came_after_its_data(sample: dict[str, pl.DataFrame]) -> None:
    until = sample["import_batch"].group_by("source_id").agg(pl.col("data_until").max())
    dossiers = sample["dossier"].join(until, on="source_id")
    moments = ["submitted_at", "received_at", "ended_at", "recorded_at", "collected_at"]
    assert dossiers.filter(pl.max_horizontal(moments) > pl.col("data_until")).is_empty()
    of_dossier = dossiers.select("id", "data_until")
    for table, names in (("step", ["from_at", "to_at"]), ("pause", ["from_at", "to_at"]),
                         ("apology", ["issued_at"])):  # fmt: skip
        facts = sample[table].join(of_dossier, left_on="dossier_id", right_on="id")
        assert facts.filter(pl.max_horizontal(names) > pl.col("data_until")).is_empty()


def test_one_of_three_sources_is_stale_by_two_working_days(
    sample: dict[str, pl.DataFrame],
) -> None:
    until = sample["import_batch"].group_by("source_id").agg(pl.col("data_until").max())
    calendar = load_calendar(None)
    behind = [
        calendar.ordinal(END) - calendar.ordinal(day) for day in until["data_until"].dt.date()
    ]
    assert sorted(behind) == [0, 0, 2]


# Units


@pytest.mark.parametrize("role", ["resolving_unit_id", "receiving_unit_id", "applicant_unit_id"])
def test_every_unit_is_valid_on_the_day(sample: dict[str, pl.DataFrame], role: str) -> None:
    units = sample["unit"].select("id", "kind", "valid_from", "valid_to")
    joined = sample["dossier"].join(units, left_on=role, right_on="id", suffix="_unit")
    day = pl.coalesce("received_at", "ended_at", "submitted_at").dt.date()
    waiting = pl.col("received_at").is_null()
    assert joined.filter(
        (day < pl.col("valid_from")) | ((day > pl.col("valid_to")) & ~waiting)
    ).is_empty()
    known = sample["dossier"][role].drop_nulls()
    assert joined.height == len(known)
    assert not set(joined["kind"]) & {"group", "province"}


def test_all_126_communes_and_the_districts_have_dossiers(
    sample: dict[str, pl.DataFrame],
) -> None:
    resolving = sample["unit"].filter(
        pl.col("id").is_in(sample["dossier"]["resolving_unit_id"].unique().to_list())
    )
    assert resolving.filter(pl.col("valid_from") == date(2025, 7, 1)).height == 126
    assert resolving.filter(pl.col("kind") == "district").height == 29
    assert resolving.filter(pl.col("kind") == "office").height >= 8


def test_criminal_records_went_to_the_police_in_march_2025(judged: pl.DataFrame) -> None:
    records = judged.filter(pl.col("field") == "ly-lich-tu-phap")
    by_police = pl.col("unit_kind") == "vertical"
    assert moment(records.filter(by_police)["received_at"].min()) >= datetime(2025, 3, 1)
    assert moment(records.filter(~by_police)["received_at"].max()) < datetime(2025, 3, 1)


# Dossiers


def test_codes_are_unique_and_of_the_official_shape(sample: dict[str, pl.DataFrame]) -> None:
    codes = sample["dossier"]["code"]
    assert codes.n_unique() == len(codes)
    assert codes.str.contains(r"^[A-Z]\d{2}(\.\d{1,3}){0,3}-\d{6}-\d{4}$").all()
    received = sample["dossier"].filter(pl.col("received_at").is_not_null())
    day = received["received_at"].dt.strftime("%y%m%d")
    assert (received["code"].str.extract(r"-(\d{6})-") == day).all()


def test_due_dates_are_the_clock_s(sample: dict[str, pl.DataFrame]) -> None:
    calendar = load_calendar(None)
    limits = sample["procedure"].select("id", "limit_value", "limit_unit")
    some = (
        sample["dossier"]
        .join(limits, left_on="procedure_id", right_on="id")
        .filter(pl.col("due_original_at").is_not_null())
        .sample(300, seed=5)
    )
    for received, value, unit, due in some.select(
        "received_at", "limit_value", "limit_unit", "due_original_at"
    ).iter_rows():
        assert due == calendar.due(received, value, unit, time(15))


def test_shares_are_plausible(judged: pl.DataFrame, sample: dict[str, pl.DataFrame]) -> None:
    resolved, total = ended(judged), judged.height
    kinds = dict(judged.group_by("end_kind").len().iter_rows())
    assert form_rate(resolved) == pytest.approx(0.97, abs=0.008)
    assert kinds["refused"] / total == pytest.approx(0.015, abs=0.003)
    assert kinds["withdrawn"] / total == pytest.approx(0.010, abs=0.003)
    assert kinds["returned"] / total == pytest.approx(0.010, abs=0.003)
    assert 0 < kinds["stopped"] < 0.004 * total
    undated = resolved.filter(pl.col("due_at").is_null()).height
    assert undated / total == pytest.approx(0.005, abs=0.002)
    told_late = resolved.filter(
        pl.col("ended_at") <= pl.col("judged"), pl.col("recorded_at") > pl.col("judged")
    )
    assert told_late.height / total == pytest.approx(0.011, abs=0.003)
    supplements = sample["pause"].filter(pl.col("kind") == "supplement")
    share = supplements["dossier_id"].n_unique() / total
    assert share == pytest.approx(0.07, abs=0.015)
    assert supplements["dossier_id"].is_duplicated().any()


def test_land_waits_for_taxes(judged: pl.DataFrame, sample: dict[str, pl.DataFrame]) -> None:
    finance = sample["pause"].filter(pl.col("kind") == "finance")["dossier_id"].to_list()
    land = judged.filter(pl.col("field") == "dat-dai", pl.col("received_at").is_not_null())
    waited = land.filter(pl.col("id").is_in(finance)).height
    assert 0.35 < waited / land.height < 0.6


def test_stock_of_overdue_dossiers_is_plausible(judged: pl.DataFrame) -> None:
    # Well under half the usual size: a hundred there, dozens here.
    assert 15 <= overdue(judged).height <= 150
    pending = judged.filter(pl.col("received_at").is_not_null(), pl.col("ended_at").is_null())
    assert pending.height > 200


def test_fields_differ_in_difficulty(judged: pl.DataFrame) -> None:
    resolved = ended(judged)
    land, certificates = (
        form_rate(resolved.filter(pl.col("field") == field)) for field in ("dat-dai", "chung-thuc")
    )
    assert land < 0.94 < 0.98 < certificates


def test_units_differ_in_quality(judged: pl.DataFrame) -> None:
    resolved = ended(judged).filter(pl.col("unit_kind") == "commune", pl.col("unit_to").is_null())
    in_time = (pl.col("ended_at") <= pl.col("judged")).fill_null(value=False)
    rates = resolved.group_by("unit").agg(rate=in_time.mean())["rate"]
    assert (rates > 0.97).sum() > 0.5 * len(rates)
    assert 3 <= (rates < 0.95).sum() <= 30


def test_oddities_of_real_sources_are_there(
    judged: pl.DataFrame, sample: dict[str, pl.DataFrame]
) -> None:
    dossiers = sample["dossier"]
    assert 1 <= dossiers.filter(pl.col("ended_at") < pl.col("received_at")).height <= 30
    versions = sample["procedure"].select("id", "valid_to")
    joined = dossiers.join(versions, left_on="procedure_id", right_on="id")
    expired = joined.filter(pl.col("received_at").dt.date() > pl.col("valid_to"))
    assert 1 <= expired.height <= 120
    waiting = dossiers.filter(pl.col("received_at").is_null(), pl.col("ended_at").is_null())
    assert waiting.height >= 5
    assert set(waiting["channel"]) == {"online"}
    calendar = load_calendar(None)
    forgotten = [
        at for at in waiting["submitted_at"] if calendar.acceptance_due(at) < MIDNIGHT
    ]  # fmt: skip
    assert 1 <= len(forgotten) < waiting.height
    accepted = dossiers.filter(
        pl.col("channel") == "online", pl.col("received_at").is_not_null()
    )  # fmt: skip
    due = calendar.acceptance_due_of(pl.col("submitted_at"))
    slow = accepted.filter(pl.col("received_at") > due).height / accepted.height
    assert 0.005 < slow < 0.05


def test_procedures_have_versions_and_sensitive_titles(sample: dict[str, pl.DataFrame]) -> None:
    procedures = sample["procedure"]
    assert 60 <= procedures["code"].n_unique() <= 90
    assert procedures["code"].str.contains(r"^\d\.\d{6}$").all()
    assert (procedures["version"] == 2).sum() >= 10
    assert procedures.filter(pl.col("version") == 2)["valid_from"].unique().to_list() == [
        date(2025, 7, 1)
    ]
    assert procedures["is_sensitive"].sum() >= 5
    assert set(procedures["limit_unit"]) == {"hour", "day", "working_day", "month"}
    assert not procedures.select(pl.struct("code", "version").is_duplicated()).to_series().any()


def test_status_agrees_with_the_course(sample: dict[str, pl.DataFrame]) -> None:
    dossiers = sample["dossier"]
    expected = {1: (False, False), 3: (False, True), 4: (True, False), 7: (True, True)}
    for status, (received, has_ended) in expected.items():
        some = dossiers.filter(pl.col("status") == status)
        assert some.height
        assert (some["received_at"].is_not_null() == received).all()
        assert (some["ended_at"].is_not_null() == has_ended).all()


# Pauses, steps, apologies


def test_pauses_lie_within_the_dossier_and_do_not_overlap(
    sample: dict[str, pl.DataFrame],
) -> None:
    dossiers = sample["dossier"].select(dossier_id="id", received="received_at", ended="ended_at")
    pauses = sample["pause"].join(dossiers, on="dossier_id").sort("dossier_id", "from_at")
    assert pauses.filter(pl.col("from_at") < pl.col("received")).is_empty()
    assert pauses.filter(pl.col("to_at") <= pl.col("from_at")).is_empty()
    assert pauses.filter(pl.col("to_at") > pl.col("ended")).is_empty()
    assert pauses.filter(pl.col("to_at").is_null() & pl.col("ended").is_not_null()).is_empty()
    before = pl.col("to_at").shift(1).over("dossier_id", order_by="from_at")
    assert pauses.filter(pl.col("from_at") < before).is_empty()


def test_steps_lead_from_receipt_to_end(sample: dict[str, pl.DataFrame]) -> None:
    dossiers = sample["dossier"].select(dossier_id="id", received="received_at", ended="ended_at")
    steps = sample["step"].sort("dossier_id", "sequence")
    assert steps.filter(pl.col("to_at") < pl.col("from_at")).is_empty()
    before = pl.col("to_at").shift(1).over("dossier_id", order_by="sequence")
    assert steps.filter(pl.col("from_at") != before).is_empty()
    whole = steps.group_by("dossier_id").agg(
        first=pl.col("from_at").min(),
        last=pl.col("to_at").last(),
        open=pl.col("to_at").null_count(),
        count=pl.len(),
        top=pl.col("sequence").max(),
    )
    joined = whole.join(dossiers, on="dossier_id")
    assert (joined["first"] == joined["received"]).all()
    assert (joined["count"] == joined["top"]).all()
    done = joined.filter(pl.col("ended").is_not_null())
    assert (done["last"] == done["ended"]).all()
    assert set(done["count"]) == {3, 4, 5}
    assert set(joined.filter(pl.col("ended").is_null())["open"]) == {1}
    assert "Thẩm tra hồ sơ" in set(steps["name"])


def test_officers_are_known_and_only_numbered(sample: dict[str, pl.DataFrame]) -> None:
    officers = sample["officer"]
    assert officers["name"].str.contains(r"^Cán bộ \d{4}$").all()
    for table in ("dossier", "step"):
        known = set(officers["id"])
        assert set(sample[table]["officer_id"].drop_nulls()) <= known
    handlers = sample["dossier"].filter(pl.col("officer_id").is_not_null())
    assert handlers.group_by("officer_id").agg(
        pl.col("resolving_unit_id").n_unique()
    )["resolving_unit_id"].max() == 1  # fmt: skip


def test_seven_of_ten_late_dossiers_have_an_apology(
    judged: pl.DataFrame, sample: dict[str, pl.DataFrame]
) -> None:
    apologised = sample["apology"]["dossier_id"].unique().to_list()
    all_late = late(judged)
    share = all_late.filter(pl.col("id").is_in(apologised)).height / all_late.height
    assert share == pytest.approx(0.70, abs=0.06)


def test_re_dated_dossiers_have_an_apology_with_that_date(
    sample: dict[str, pl.DataFrame],
) -> None:
    moved = sample["dossier"].filter(pl.col("due_at") > pl.col("due_original_at"))
    assert moved.height > 50
    dates = sample["apology"].filter(pl.col("new_due_at").is_not_null())
    joined = moved.join(dates, left_on="id", right_on="dossier_id")
    assert joined.height == moved.height
    assert (joined["due_at"] == joined["new_due_at"]).all()
    assert sample["dossier"].filter(pl.col("due_at") < pl.col("due_original_at")).is_empty()


def test_causes_belong_to_the_list_and_to_late_dossiers(
    judged: pl.DataFrame, sample: dict[str, pl.DataFrame]
) -> None:
    path = PROJECT_ROOT / "metrics" / "dossiers" / "late_causes.toml"
    listed = tomllib.loads(path.read_text(encoding="utf-8"))["cause"]
    codes = {entry["code"] for entry in listed}
    assert len(codes) == len(listed)
    assert all(entry["label"] and entry["valid_from"] and entry["source"] for entry in listed)
    given = judged.filter(pl.col("late_cause").is_not_null())
    assert set(given["late_cause"]) <= codes
    all_late = late(judged)
    assert set(given["id"]) <= set(all_late["id"])
    assert given.height / all_late.height == pytest.approx(0.76, abs=0.05)


# The story


def test_kien_hung_slides_with_land_dossiers_stuck_at_examination(
    judged: pl.DataFrame, sample: dict[str, pl.DataFrame]
) -> None:
    ward = judged.filter(pl.col("unit") == "Phường Kiến Hưng", pl.col("unit_to").is_null())
    recent = pl.col("ended_at") > MIDNIGHT - timedelta(weeks=8)
    before = pl.col("ended_at") < MIDNIGHT - timedelta(weeks=12)
    stuck = overdue(ward)
    assert form_rate(ended(ward).filter(before)) > 0.95
    assert form_rate(pl.concat([ended(ward).filter(recent), stuck])) < 0.93
    assert "dat-dai" in set(stuck["field"])
    steps = sample["step"].filter(
        pl.col("dossier_id").is_in(stuck.filter(pl.col("field") == "dat-dai")["id"].to_list()),
        pl.col("to_at").is_null(),
    )
    assert (steps["name"] == "Thẩm tra hồ sơ").sum() > 0.5 * steps.height


@pytest.mark.slow
def test_kien_hung_slides_slowly_at_the_usual_size(empty: Path) -> None:
    frames = sample_of(empty, dossiers=200_000).frames
    resolved = ended(judge(frames)).filter(
        pl.col("unit") == "Phường Kiến Hưng", pl.col("unit_to").is_null()
    )
    rates = [
        form_rate(resolved.filter(pl.col("ended_at").is_between(first, first + timedelta(weeks=3))))
        for first in (MIDNIGHT - timedelta(weeks=weeks) for weeks in (12, 9, 6, 3))
    ]
    assert rates == sorted(rates, reverse=True)
    assert rates[0] > 0.95
    assert 0.8 < rates[-1] < 0.93


def test_duong_noi_does_not_apologise(
    judged: pl.DataFrame, sample: dict[str, pl.DataFrame]
) -> None:
    ward = judged.filter(pl.col("unit") == "Phường Dương Nội", pl.col("unit_to").is_null())
    assert late(ward).height >= 10
    apologised = sample["apology"]["dossier_id"].to_list()
    assert ward.filter(pl.col("id").is_in(apologised)).is_empty()


# Personal data


def test_personal_data_is_fictional_and_only_in_owner(sample: dict[str, pl.DataFrame]) -> None:
    owners = sample["owner"]
    assert owners["name"].str.contains(r"^(Người dân|Tổ chức|Doanh nghiệp) mẫu \d{6}$").all()
    assert owners["phone"].str.starts_with("0000").all()
    assert owners["national_id"].drop_nulls().str.starts_with("000000").all()
    secrets = set(owners["name"]) | set(owners["phone"])
    secrets |= set(owners["national_id"].drop_nulls())
    for name, frame in sample.items():
        if name != "owner":
            for column in frame.select(pl.col(pl.String)):
                assert not secrets & set(column), (name, column.name)
    assert owners.height == sample["dossier"].height


# Published figures


def test_published_figures_of_ha_dong_2023_keep_their_wording(
    sample: dict[str, pl.DataFrame],
) -> None:
    rows = sample["form_row"].join(
        sample["unit"].select(unit_id="id", unit="name"), on="unit_id"
    )  # fmt: skip
    assert set(rows["unit"]) == {"Quận Hà Đông"}
    assert rows.sort("c7").select("coverage", "c7", "reported_rate").rows() == [
        ("own", 5998, 100.0),
        ("communes", 8028, 100.0),
    ]
    assert set(rows.columns).isdisjoint({"c8", "c9", "c10", "period_from", "period_to"})
    own = rows.filter(pl.col("coverage") == "own")["wording"][0]
    assert own.endswith("5.998 hồ sơ, đạt tỷ lệ 100%")


# Into the database


def test_load_fills_an_empty_database(database: Engine, settings: Settings) -> None:
    seen: list[tuple[int, int]] = []
    load(
        database, settings, end=END, dossiers=400, progress=lambda n, total: seen.append((n, total))
    )
    assert seen[-1][0] == seen[-1][1] > 400
    with database.connect() as connection:
        frames = make(connection, end=END, dossiers=400).frames  # ids go on after those written
    with Session(database) as session:
        for name in ("dossier", "step", "owner", "unit", "import_batch"):
            table = models.Base.metadata.tables[name]
            assert len(session.execute(select(table)).all()) == frames[name].height
        assert session.get_one(models.Setting, "data_kind").value == "sample"
        assert {batch.kind for batch in session.scalars(select(models.ImportBatch))} == {"sample"}
        first = session.scalars(
            select(models.Dossier).where(models.Dossier.received_at.is_not(None))
        ).first()
        assert first is not None
        assert first.received_at is not None
        assert 1 <= first.received_at.hour < 10  # 08:00–17:00 in Viet Nam is 01:00–10:00 UTC
        row = session.scalars(select(FormRow)).first()
        assert row is not None
        assert (row.c8, row.c9, row.c10, row.period_from) == (None, None, None, None)


def test_load_refuses_a_database_that_holds_anything(
    sqlite_database: Engine, settings: Settings
) -> None:
    with Session(sqlite_database) as session:
        session.add(models.Source(code="that", name="Nguồn thật"))
        session.commit()
    with pytest.raises(SampleRefused, match="không trộn với dữ liệu thật"):
        load(sqlite_database, settings, end=END, dossiers=400)
    with Session(sqlite_database) as session:
        assert session.scalars(select(models.Dossier)).first() is None
        assert session.get(models.Setting, "data_kind") is None


def test_stopped_half_way_nothing_is_there(sqlite_database: Engine, settings: Settings) -> None:
    def stop(written: int, _total: int) -> None:
        if written > 1_000:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        load(sqlite_database, settings, end=END, dossiers=400, progress=stop)
    with Session(sqlite_database) as session:
        for model in (models.Unit, models.Dossier, models.Setting, models.Source):
            assert session.scalars(select(model)).first() is None
