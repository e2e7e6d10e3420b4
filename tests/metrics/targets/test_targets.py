"""Targets judged: every operator by a table, the edges, and the real cases of two places."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

import narwhals as nw
import polars as pl
import pytest

from metrics.core.ask import Ask
from metrics.registers import FRAMES
from metrics.registers.held import Held
from metrics.targets.counts import Known
from metrics.targets.evidence import evidence
from metrics.targets.judging import judge
from metrics.targets.review import counted, review_commitments, review_promises, review_targets
from metrics.targets.terms import Evidence, Rank, Rating, Target, Value, spans
from metrics.targets.wording import limit
from tests.frames import CLOCK, InMemory, facts_of
from tests.oracle import RawDossier

FIRST, LAST = date(2026, 1, 1), date(2026, 12, 31)


def ask_at(moment: datetime) -> Ask:
    day = (moment - timedelta(milliseconds=1)).date()
    return Ask(day, day, CLOCK, as_of=moment)


AFTER = ask_at(datetime(2027, 1, 1))
HALF = ask_at(datetime(2026, 7, 2))
"""Before the 183rd of 365 days begins: 182 days have passed."""


def target(operator: str, **values: Any) -> Target:
    return Target(operator, values.pop("first", FIRST), values.pop("last", LAST), **values)


def rate(numerator: float | None, denominator: float | None, **more: Any) -> Evidence:
    value = Value(
        FIRST, LAST, None, numerator, denominator, is_rate=True, counts_dossiers=True, **more
    )
    return Evidence((value,))


def score(value: float | None, **more: Any) -> Evidence:
    return Evidence((Value(FIRST, LAST, value),), **more)


AT_LEAST = target("at_least", low=0.98)
BETWEEN = target("between", low=0.95, high=1.0)
FALLS = target("change_from_baseline", high=-0.1, baseline_year=2021, baseline_value=200.0)
RISES = target("change_from_baseline", low=0.1, baseline_year=2021)


# -- values, when the period is over ------------------------------------------------------


@pytest.mark.parametrize(
    ("wanted", "found", "state", "told"),
    [
        (AT_LEAST, rate(98, 100), "met", "98/100 = 98,0% ≥ 98%"),
        (AT_LEAST, rate(97_999, 100_000), "missed", "97,9% < 98%"),
        (AT_LEAST, rate(0, 5), "missed", "0/5 = 0,0% < 98%"),
        (AT_LEAST, rate(0, 0), "unknown", "mẫu số bằng 0"),
        (AT_LEAST, rate(None, None), "unknown", "chưa có số liệu"),
        (AT_LEAST, Evidence(), "unknown", "Chưa có số liệu"),
        (AT_LEAST, Evidence(missing="Chưa nạp."), "unknown", "Chưa nạp."),
        (target("at_least"), rate(1, 1), "unknown", "chưa ghi mức"),
        # 0,57 written in binary is above 57/100; as it was written it is not.
        (target("at_least", low=0.57), rate(57, 100), "met", "57,0% ≥ 57%"),
        (target("at_most", high=5.0), score(5.0), "met", "5 ≤ 5"),
        (target("at_most", high=5.0), score(5.5), "missed", "5,5 > 5"),
        (target("at_most", high=0.02), rate(2, 100), "met", "2,0% ≤ 2%"),
        (target("at_most", high=5.0), score(None), "unknown", "chưa có số liệu"),
        (BETWEEN, rate(95, 100), "met", "95,0% nằm trong 95–100%"),
        (BETWEEN, rate(100, 100), "met", "100,0%"),
        (BETWEEN, rate(9_499, 10_000), "missed", "94,9% < 95%"),
        (target("between", low=2.0, high=3.0), score(4.0), "missed", "4 > 3"),
        (FALLS, score(180.0), "met", "(200 − 180)/200 = 10,0% ≥ 10%"),
        (FALLS, score(180.5), "missed", "9,8% < 10%"),
        (FALLS, score(180.01), "missed", "9,9% < 10%"),
        (FALLS, score(None), "unknown", "Chưa có giá trị"),
        (replace(FALLS, baseline_value=0.0), score(180.0), "unknown", "bằng 0"),
        (replace(FALLS, baseline_value=None), score(180.0), "unknown", "năm gốc 2021"),
        (replace(FALLS, baseline_value=None), score(180.0, baseline=200.0), "met", "10,0% ≥ 10%"),
        (replace(FALLS, high=None), score(180.0), "unknown", "chưa ghi mức tăng, giảm"),
        (RISES, score(110.0, baseline=100.0), "met", "(110 − 100)/100 = 10,0% ≥ 10%"),
        (RISES, score(90.0, baseline=100.0), "missed", "−10,0% < 10%"),
        (target("qualitative"), score(1.0), "unknown", "định tính"),
        (target("at_least", low=0.9, metric_kind="none"), score(1.0), "unknown", "định tính"),
        (AT_LEAST, rate(99, 100, note="dữ liệu chỉ có từ 01/07/2026"), "unknown", "01/07/2026"),
    ],
)
def test_values_of_a_period_that_is_over(
    wanted: Target, found: Evidence, state: str, told: str
) -> None:
    judgement = judge(wanted, found, AFTER)
    assert judgement.state == state
    assert told in judgement.sentence


# -- ranks --------------------------------------------------------------------------------

TEN = target("rank_at_most", high=10.0, metric_kind="index")
LEADING = target("leading_group", metric_kind="index")


def ranks(*found: Rank) -> Evidence:
    return Evidence(ranks=found)


@pytest.mark.parametrize(
    ("wanted", "found", "state", "told"),
    [
        (TEN, ranks(Rank(2026, 10, out_of=63)), "met", "hạng 10/63 ≤ 10"),
        (TEN, ranks(Rank(2026, 14, out_of=63)), "missed", "còn cách 4 bậc"),
        (TEN, ranks(Rank(2026, None, 10)), "met", "hạng không quá 10"),
        (TEN, ranks(Rank(2026, None, 15)), "unknown", "chưa đủ để biết"),
        (TEN, ranks(Rank(2026, 9), Rank(2026, 11)), "unknown", "nói khác nhau"),
        (TEN, ranks(Rank(2026, 9), Rank(2026, None, 15)), "met", "hạng 9"),
        (TEN, ranks(Rank(2025, 3)), "unknown", "Chưa có thứ hạng năm 2026"),
        (TEN, ranks(), "unknown", "Chưa có thứ hạng"),
        (replace(TEN, high=None), ranks(Rank(2026, 3)), "unknown", "chưa ghi thứ hạng"),
        (LEADING, ranks(Rank(2026, None, None, "Cao nhất")), "met", "Cao nhất"),
        (LEADING, ranks(Rank(2026, None, None, "Thấp nhất")), "missed", "Thấp nhất"),
        (LEADING, ranks(Rank(2026, 3)), "unknown", "không nêu nhóm dẫn đầu"),
        (replace(LEADING, high=5.0), ranks(Rank(2026, 3)), "met", "hạng 3"),
    ],
)
def test_ranks(wanted: Target, found: Evidence, state: str, told: str) -> None:
    judgement = judge(wanted, found, AFTER)
    assert judgement.state == state
    assert told in judgement.sentence


def test_a_rank_while_the_plan_runs() -> None:
    assert judge(TEN, ranks(Rank(2025, 3)), HALF).state == "likely"
    assert judge(TEN, ranks(Rank(2025, 11)), HALF).state == "at_risk"


# -- labels -------------------------------------------------------------------------------

GOOD, DONE, POOR = "Hoàn thành tốt nhiệm vụ", "Hoàn thành nhiệm vụ", "Không hoàn thành"
SCALE = ((POOR, 0), (DONE, 1), (GOOD, 2))
ORDER = dict(SCALE)


def ratings(*labels: str | None) -> Evidence:
    found = tuple(
        Rating(unit, label, ORDER.get(label or "")) for unit, label in enumerate(labels, start=1)
    )
    return Evidence(ratings=found, scale=SCALE, year=2026)


def share(of: float, label: str, base: str | None = None) -> Target:
    return target("share_at_label", metric_kind="rating", label=label, share=of, base_label=base)


CAM_GIANG = ratings(*[GOOD] * 7, *[DONE] * 10)
OWN = target("label_at_least", metric_kind="rating", label=DONE, unit_id=1)


@pytest.mark.parametrize(
    ("wanted", "found", "state", "told"),
    [
        (share(0.9, DONE), CAM_GIANG, "met", "17/17 = 100,0% ≥ 90%"),
        (share(0.6, GOOD), CAM_GIANG, "missed", "7/17 = 41,2% < 60%"),
        (share(0.6, GOOD, DONE), CAM_GIANG, "missed", "trên tất cả đơn vị: 7/17 = 41,2% < 60%"),
        # The base decides: 3 of 5 that reach "hoàn thành", 3 of all 6.
        (share(0.6, GOOD, DONE), ratings(*[GOOD] * 3, DONE, DONE, POOR), "met", "3/5 = 60,0% ≥"),
        (share(0.6, GOOD), ratings(*[GOOD] * 3, DONE, DONE, POOR), "missed", "3/6 = 50,0% < 60%"),
        (share(0.6, GOOD, DONE), ratings(POOR, POOR), "unknown", "mẫu số bằng 0"),
        (share(0.5, GOOD), ratings(GOOD, None), "met", "còn 1 đơn vị chưa rõ"),
        (share(0.6, GOOD), ratings(GOOD, None), "unknown", "còn 1 đơn vị chưa rõ"),
        (share(0.6, GOOD), ratings(), "unknown", "Chưa có xếp loại"),
        (OWN, ratings(DONE), "met", "bằng hoặc cao hơn"),
        (OWN, ratings(GOOD), "met", "bằng hoặc cao hơn"),
        (OWN, ratings(POOR), "missed", "thấp hơn"),
        (OWN, ratings(None), "unknown", "Chưa có xếp loại"),
        (OWN, ratings("Khá"), "unknown", "Chưa biết"),
        (replace(OWN, label=None), ratings(GOOD), "unknown", "chưa ghi xếp loại"),
    ],
)
def test_labels(wanted: Target, found: Evidence, state: str, told: str) -> None:
    judgement = judge(wanted, found, AFTER)
    assert judgement.state == state
    assert told in judgement.sentence


# -- while the period runs ----------------------------------------------------------------


def test_what_the_rest_of_the_year_can_bear() -> None:
    judgement = judge(AT_LEAST, rate(1_810, 1_820), HALF)
    # 1.820 in 182 of 365 days: 3.650 in the year, of which 2% may be late.
    assert judgement.allowance is not None
    assert (judgement.allowance.volume, judgement.allowance.allowed) == (3_650, 73)
    assert judgement.allowance.left == 63
    assert judgement.state == "likely"
    assert "còn chịu được 63 trong khoảng 1.830 hồ sơ còn lại" in judgement.sentence
    assert "Giả định" in judgement.sentence


def test_below_the_limit_so_far_is_at_risk() -> None:
    judgement = judge(AT_LEAST, rate(1_770, 1_820), HALF)
    assert judgement.state == "at_risk"
    assert judgement.allowance is not None
    assert judgement.allowance.left == 23
    spent = judge(AT_LEAST, rate(1_700, 1_820), HALF)
    assert spent.state == "at_risk"
    assert "quá số cả kỳ chịu được" in spent.sentence


def test_what_can_be_borne_is_never_more_than_what_is_left() -> None:
    judgement = judge(target("at_least", low=0.3, metric="on_time"), rate(1_800, 1_820), HALF)
    assert judgement.state == "likely"
    told = "dù khoảng 1.830 hồ sơ còn lại đều không đúng hạn thì chỉ tiêu vẫn đạt"
    assert told in judgement.sentence


def test_a_dossier_filed_on_paper_is_not_called_late() -> None:
    """The sentence about a share of online dossiers spoke of dossiers "không đúng hạn"."""
    online = target("at_least", low=0.7, metric="online_share")
    for found in (rate(1_800, 1_820), rate(1_300, 1_820), rate(900, 1_820)):
        judgement = judge(online, found, HALF)
        assert "không đúng hạn" not in judgement.sentence + judgement.brief
        assert "hồ sơ không đạt" in judgement.brief


def test_exactly_at_the_limit_is_likely() -> None:
    assert judge(AT_LEAST, rate(98, 100), HALF).state == "likely"


def test_the_last_day_is_not_over_before_midnight() -> None:
    assert judge(AT_LEAST, rate(98, 100), ask_at(datetime(2026, 12, 31, 17))).state == "likely"
    assert judge(AT_LEAST, rate(98, 100), AFTER).state == "met"


def test_a_count_that_only_grows() -> None:
    def grows(count: float) -> Evidence:
        return Evidence((Value(FIRST, LAST, count, adds_up=True),))

    most, least = target("at_most", high=10.0), target("at_least", low=10.0)
    assert judge(most, grows(11.0), HALF).state == "missed"
    assert judge(least, grows(10.0), HALF).state == "met"
    # At this pace 365/182 of it.
    assert judge(most, grows(4.0), HALF).state == "likely"
    assert judge(most, grows(5.0), HALF).state == "at_risk"


def test_before_it_begins_nothing_is_judged() -> None:
    early = ask_at(datetime(2025, 12, 1))
    assert judge(AT_LEAST, rate(1, 1), early).state == "unknown"


# -- in every period ----------------------------------------------------------------------

KEPT = target("at_least", low=0.98, first=date(2025, 1, 1), last=date(2027, 12, 31),
              every_period=True)  # fmt: skip


def years(*sides: tuple[int, int] | None) -> Evidence:
    values = []
    for (first, last), pair in zip(spans(KEPT), sides, strict=False):
        value = Value(first, last, is_rate=True, counts_dossiers=True)
        values.append(
            value if pair is None else replace(value, numerator=pair[0], denominator=pair[1])
        )
    return Evidence(tuple(values))


@pytest.mark.parametrize(
    ("found", "moment", "state", "told"),
    [
        (years((97, 100), (100, 100)), datetime(2026, 7, 1), "missed", "Năm 2025: 97/100"),
        (years((98, 100), (99, 100)), datetime(2026, 7, 1), "likely", "1 kỳ đã qua đều đạt"),
        (years((98, 100), (90, 100)), datetime(2026, 7, 1), "at_risk", "Năm 2026"),
        (years(None, (99, 100)), datetime(2026, 7, 1), "unknown", "Năm 2025"),
        (years(*[(98, 100)] * 3), datetime(2028, 1, 1), "met", "Mọi kỳ đều đạt"),
        (years((98, 100), None, (98, 100)), datetime(2028, 1, 1), "unknown", "Năm 2026"),
        (years(None, (1, 2), None), datetime(2028, 1, 1), "missed", "Năm 2026: 1/2 = 50,0%"),
    ],
)
def test_in_every_period(found: Evidence, moment: datetime, state: str, told: str) -> None:
    judgement = judge(KEPT, found, ask_at(moment))
    assert judgement.state == state
    assert told in judgement.sentence


@pytest.mark.parametrize(
    ("first", "last", "told"),
    [
        (date(2026, 10, 1), LAST, "Quý 4/2026: "),
        (date(2026, 12, 1), LAST, "Tháng 12/2026: "),
        (FIRST, LAST, "Năm 2026: "),
        (date(2021, 1, 1), LAST, "Giai đoạn 2021–2026: "),
        (date(2026, 2, 3), LAST, "Từ 03/02/2026 đến 31/12/2026: "),
    ],
)
def test_periods_are_named(first: date, last: date, told: str) -> None:
    found = Evidence((Value(first, last, 0.99, is_rate=True),))
    assert judge(replace(AT_LEAST, period_from=first), found, AFTER).sentence.startswith(told)


def test_spans_of_a_plan() -> None:
    assert [first.year for first, _ in spans(KEPT)] == [2025, 2026, 2027]
    assert len(spans(target("at_least", low=0.9))) == 4
    assert len(spans(target("at_least", low=0.9, last=date(2026, 2, 28)))) == 2


@pytest.mark.parametrize(
    ("wanted", "is_rate", "told"),
    [
        (AT_LEAST, True, "≥ 98%"),
        (BETWEEN, True, "95–100%"),
        (TEN, False, "hạng ≤ 10"),
        (FALLS, False, "giảm ≥ 10% so với 2021"),
        (share(0.9, DONE), False, f"≥ 90% đơn vị từ “{DONE}”"),
    ],
)
def test_how_a_limit_is_written(wanted: Target, is_rate: bool, told: str) -> None:
    assert limit(wanted, is_rate) == told


# -- live figures and registers -----------------------------------------------------------


@dataclass(frozen=True)
class WithRegisters:
    """The registers of a test; what is not given is empty."""

    given: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def held(self) -> Held:
        return Held(
            {
                name: nw.from_native(
                    pl.DataFrame(
                        [{**dict.fromkeys(schema), **row} for row in self.given.get(name, [])],
                        schema=schema,
                    ).lazy()
                )
                for name, schema in FRAMES.items()
            }
        )


def known(registers: WithRegisters | None = None, **changes: Any) -> Known:
    usual: dict[str, Any] = {
        "registers": (registers or WithRegisters()).held(),
        "below": lambda unit: frozenset(range(1, 18)) if unit == 0 else frozenset({unit}),
        "province_of": {1: "38"},
        "may_see": None,
        "data_from": date(2025, 1, 1),
    }
    return Known(**(usual | changes))


def dossiers(year: int, on_time: int, late: int) -> list[RawDossier]:
    """Received on 2 March, due on the 10th; ended on the 9th, or a week late."""
    found = []
    for i in range(on_time + late):
        ended = datetime(year, 3, 9, 10) if i < on_time else datetime(year, 3, 17, 10)
        found.append(
            RawDossier(
                dossier_id=year * 1000 + i,
                unit_id=1,
                received_at=datetime(year, 3, 2, 9),
                due_original_at=datetime(year, 3, 10, 17),
                due_at=datetime(year, 3, 10, 17),
                ended_at=ended,
                end_kind="result",
            )
        )
    return found


def on_time_every_year(*years_of: list[RawDossier], moment: datetime) -> Any:
    facts: InMemory = facts_of([one for part in years_of for one in part])
    wanted = replace(KEPT, metric="on_time", definition="form", unit_id=1)
    ask = ask_at(moment)
    return judge(wanted, evidence(wanted, known(), lambda unit, alive: facts, ask), ask)


def test_thanh_hoa_keeps_98_per_cent_in_every_period() -> None:
    """Thanh Hóa's "duy trì từ 98% trở lên" on dossiers counted by the live figure."""
    kept = on_time_every_year(
        dossiers(2025, 98, 2), dossiers(2026, 99, 1), moment=datetime(2026, 7, 1)
    )
    assert kept.state == "likely"
    assert "99/100 = 99,0% ≥ 98%" in kept.sentence
    broken = on_time_every_year(
        dossiers(2025, 97, 3), dossiers(2026, 100, 0), moment=datetime(2026, 7, 1)
    )
    assert broken.state == "missed"
    assert "Năm 2025: 97/100 = 97,0% < 98%" in broken.sentence
    gap = on_time_every_year(dossiers(2026, 100, 0), moment=datetime(2026, 7, 1))
    assert gap.state == "unknown"
    assert "không có hồ sơ nào" in gap.sentence


def test_data_that_begin_late_do_not_stand_for_the_year() -> None:
    facts = facts_of(dossiers(2026, 10, 0))
    wanted = replace(AT_LEAST, metric="on_time", unit_id=1)
    late = known(data_from=date(2026, 2, 20))
    found = judge(wanted, evidence(wanted, late, lambda unit, alive: facts, AFTER), AFTER)
    assert found.state == "unknown"
    assert "chỉ có từ 20/02/2026" in found.sentence


def test_outside_the_readers_scope_nothing_is_said() -> None:
    wanted = replace(AT_LEAST, metric="on_time", unit_id=1)
    facts = facts_of(dossiers(2026, 10, 0))
    cut = known(may_see=frozenset({2}))
    found = evidence(wanted, cut, lambda unit, alive: facts, AFTER)
    assert found.missing is not None
    assert "ngoài phạm vi" in found.missing


def test_ratings_reported_values_and_indices_are_found() -> None:
    registers = WithRegisters(
        {
            "unit_rating": [
                {"scheme": "xa", "year": 2026, "unit_id": unit, "source": "Báo cáo",
                 "label": GOOD if unit <= 7 else DONE, "label_order": 2 if unit <= 7 else 1}
                for unit in range(1, 18)
            ],
            "indicator_value": [
                {"indicator": "hai_long", "unit_id": 1, "part": "", "as_of": date(2026, 12, 1),
                 "value": 0.9, "source": "Báo cáo"},
            ],
            "index_score": [
                {"index_name": "PAPI", "year": 2026, "component": "TOTAL", "province_code": "38",
                 "rank": 3, "n_provinces": 63, "source": "Báo cáo"},
            ],
        }
    )  # fmt: skip

    def state(wanted: Target) -> tuple[str, str | None]:
        found = evidence(wanted, known(registers), lambda unit, alive: facts_of([]), AFTER)
        judgement = judge(wanted, found, AFTER)
        return judgement.state, judgement.source

    assert state(replace(share(0.9, DONE), metric="xa")) == ("met", "Báo cáo")
    assert state(replace(share(0.6, GOOD), metric="xa")) == ("missed", "Báo cáo")
    satisfied = target("at_least", low=0.9, metric_kind="indicator", metric="hai_long", unit_id=1)
    assert state(satisfied) == ("met", "Báo cáo")
    assert state(replace(satisfied, unit_id=2)) == ("unknown", None)
    assert state(replace(TEN, metric="PAPI", unit_id=1)) == ("met", "Báo cáo")
    assert state(replace(TEN, metric="PCI", unit_id=1))[0] == "unknown"
    assert state(replace(TEN, metric="PAPI", unit_id=2))[0] == "unknown"


def test_signers_counted_together_are_judged_as_each_alone() -> None:
    """One reading of the dossiers for all who signed says what a reading for each says."""
    schema = FRAMES["target"]
    usual = {**dict.fromkeys(schema), "unit_id": 0, "metric_kind": "figure", "low": 0.98,
             "operator": "at_least", "period_from": FIRST, "period_to": LAST}  # fmt: skip
    rows = [
        usual | {"target_id": 1, "metric": "on_time", "every_period": True},
        usual | {"target_id": 2, "metric": "online_share", "every_period": False},
        usual | {"target_id": 3, "metric": "resolved", "low": 40.0, "every_period": False},
    ]
    of_unit = {1: dossiers(2026, 99, 1), 2: dossiers(2026, 30, 10), 3: []}
    every = [
        replace(one, unit_id=unit, dossier_id=1_000 * unit + one.dossier_id)
        for unit, those in of_unit.items()
        for one in those
    ]
    signed = pl.DataFrame(
        [
            {"target_id": number, "unit_id": unit, "signed_on": None}
            for number in (1, 2, 3)
            for unit in (1, 2, 3)
        ]
    )

    def opened(unit: int, alive: tuple[datetime, datetime]) -> InMemory:
        return facts_of([one for one in every if unit in (0, one.unit_id)])

    judged = review_targets(pl.DataFrame(rows, schema=schema), known(), opened, AFTER)
    together = review_commitments(signed, judged, known(), opened, AFTER)
    alone = [
        review_commitments(signed[at : at + 1], judged, known(), opened, AFTER)[0]
        for at in range(signed.height)
    ]
    assert together == alone
    assert len({one.state for one in together}) > 1
    read: list[int] = []

    def counting(unit: int, alive: tuple[datetime, datetime]) -> InMemory:
        read.append(unit)
        return opened(unit, alive)

    table = pl.DataFrame(rows, schema=schema)
    assert review_promises(table, signed, known(), counting, AFTER) == (judged, together)
    assert read == [0, 0, 0]  # once a target, however many have signed it


def test_a_signer_is_judged_on_its_own_result() -> None:
    schema = FRAMES["target"]
    row = {**dict.fromkeys(schema), "target_id": 1, "unit_id": 9, "metric_kind": "figure",
           "metric": "on_time", "operator": "at_least", "low": 0.98, "period_from": FIRST,
           "period_to": LAST, "every_period": False}  # fmt: skip
    signed = pl.DataFrame(
        [
            {"target_id": 1, "unit_id": 1, "signed_on": date(2026, 1, 5)},
            {"target_id": 1, "unit_id": 2, "signed_on": None},
            {"target_id": 1, "unit_id": 3, "signed_on": date(2027, 6, 1)},
        ]
    )
    of_unit = {9: dossiers(2026, 90, 10), 1: dossiers(2026, 99, 1), 2: []}

    def opened(unit: int, alive: tuple[datetime, datetime]) -> InMemory:
        return facts_of(of_unit[unit])

    judged = review_targets(pl.DataFrame([row], schema=schema), known(), opened, AFTER)
    assert judged[0].judgement.state == "missed"
    found = review_commitments(signed, judged, known(), opened, AFTER)
    # What is signed only after the moment is not there yet.
    assert [one.state for one in found] == ["met", "unknown"]
    assert counted([one.state for one in found])["met"] == 1


# -- the unknown --------------------------------------------------------------------------


def _with_unknown(good: int, of: int, unknown: int) -> str:
    year = (date(2025, 1, 1), date(2025, 12, 31))
    target = Target("at_least", *year, metric="on_time", low=0.95)
    value = Value(*year, None, good, of, is_rate=True, counts_dossiers=True, unknown=unknown)
    ask = Ask(date(2026, 2, 1), date(2026, 2, 7), CLOCK)
    return judge(target, Evidence((value,)), ask).state


def test_a_target_that_the_unknown_could_still_turn_is_not_judged() -> None:
    """97,8% was told for 9,2%: the unknown counted as on time."""
    assert _with_unknown(96, 100, 0) == "met"
    assert _with_unknown(96, 100, 1) == "met"  # 96/101 is still 95,05%
    assert _with_unknown(96, 100, 2) == "unknown"
    assert _with_unknown(9, 98, 4_000) == "unknown"
    assert _with_unknown(80, 100, 20) == "missed"
