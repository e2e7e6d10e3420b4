"""The screen of indices: what it shows, and its parts in the page's order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import plotly.graph_objects as go
import streamlit as st

from metrics.core.vietnamese import UNKNOWN, number, signed
from metrics.indices.review import IndexReview, change_words, exact, rank_words
from metrics.indices.series import INDICES, LEADING_GROUP, TOTAL
from metrics.registers.indices import VALUE_KINDS
from pages.indices import data as indices_data
from pages.indices.charts import rank_chart, score_chart
from pages.indices.components import rank_columns
from ui.kit import query as asks
from ui.kit import record
from ui.kit import screen as kit
from ui.kit.card import Told, told
from ui.kit.cells import Kind
from ui.kit.charts import plot
from ui.kit.filters import widget
from ui.kit.marks import GOOD, Html, moved, odd
from ui.kit.parts import empty
from ui.kit.table import Column, Row, table, twin
from ui.shell.context import Frame
from ui.shell.text import plain, safe

MOST_COMPARED: Final = 3
QUERY: Final = asks.Query(
    "indices",
    asks.one_of("index", INDICES, usual="PAPI", label="Chỉ số"),
    asks.one_of("province", label="Tỉnh, thành phố"),
    asks.some_of("with", label=f"So với (tối đa {MOST_COMPARED})", every="Chọn tỉnh, thành phố",
                 most=MOST_COMPARED),
    asks.one_of("component", usual=TOTAL, label="Thành phần", of="index"),
    asks.number("year", 1990, 2100, label="Năm", of="index"),
    asks.number("base", 1990, 2100, label="So với năm", of="index"),
    asks.row_of("index_score"),
)  # fmt: skip
"""The screen's parameters, beside those of the frame."""

_ABOUT: Final = {
    "PAPI": "Chỉ số hiệu quả quản trị và hành chính công cấp tỉnh (UNDP, CECODES, VFF-CRT)",
    "PCI": "Chỉ số năng lực cạnh tranh cấp tỉnh (VCCI)",
    "PAR INDEX": "Chỉ số cải cách hành chính (Bộ Nội vụ)",
    "SIPAS": "Chỉ số hài lòng về sự phục vụ hành chính (Bộ Nội vụ)",
}
_KINDS: Final = {choice.value: choice.word for choice in VALUE_KINDS}
_BREAKS: Final = "Chỗ ngắt: năm không có số liệu hoặc đổi phương pháp."
_OTHERS: Final = "× : giá trị của nguồn khác."


@dataclass(frozen=True)
class Screen(kit.Screen):
    """What the page shows: an index of a province in review; None: no value was loaded."""

    held: IndexReview | None


def read(frame: Frame) -> Screen:
    """The screen of the view and the address."""
    version = frame.looking_at("index_score")
    index = QUERY.read()["index"]
    names, parts, years = indices_data.known(version, index)
    asked = QUERY.read(
        **{"province": names, "with": names}, component=parts, year=years, base=years
    )
    # Of an installation whose top unit is no province: the first that has values.
    home = indices_data.home_province(version, index, frame.view.unit) or next(iter(names), None)
    province = asked["province"] or home
    of = [asked[name] for name in ("component", "with", "year", "base")]
    held = indices_data.review(version, index, province, *of) if province else None
    return Screen(frame, asked, "indices", held)


def heading(screen: Screen) -> None:
    """The title, and what the index is."""
    held = screen.held
    st.title(f"Chỉ số · {held.index} · {plain(held.name)}" if held else "Chỉ số")
    screen.asked.warn()
    if held:
        st.caption(
            f"{_ABOUT[held.index]}. Số liệu đã công bố, theo năm đo; không phụ thuộc kỳ và đơn vị "
            "ở thanh trên."
        )


def nothing() -> None:
    """No index was loaded."""
    empty(
        "Chưa có chỉ số nào",
        "Sổ chỉ số chưa được nạp, nên điểm và thứ hạng là chưa biết, không phải bằng 0.",
        "Nạp bộ số liệu tham chiếu kèm theo (các giá trị đã công bố, có dẫn nguồn): "
        "`.venv/bin/python -m connectors register import index_score "
        "connectors/registers/data/indices_facts.csv --mapping indices-facts --by TÊN`; "
        "hoặc nạp bảng số liệu nhiều năm với `--mapping papi-panel` hay `--mapping pci-panel`; "
        "hoặc tải mẫu, điền và nạp tệp ở mục “Nhập từ tệp” dưới đây.",
    )


def choices(screen: Screen, held: IndexReview) -> None:
    """Index, province, comparators, component, and the two editions that are compared."""
    others = {code: name for code, name in held.names.items() if code != held.province}
    years = {year: str(year) for year in held.years[::-1]}
    options: dict[str, Mapping[Any, str]] = {
        "index": {index: index for index in INDICES},
        "province": held.names,
        "with": others,
        "component": {
            part.code: part.name if part.code == TOTAL else f"{part.code} · {part.name}"
            for part in held.parts
        },
        "year": years,
        "base": years,
    }
    now = {"province": held.province, "year": held.year, "base": held.base}
    with st.container(key="indices_choices"):
        places = st.columns([1, 1.3, 2.2, 2, 0.9, 0.9], gap="small")
        for place, (name, words) in zip(places, options.items(), strict=True):
            more = {"max_selections": MOST_COMPARED} if name == "with" else {}
            with place:
                widget(screen.asked, name, words, shown=now.get(name), width="stretch", **more)


# -- headline -----------------------------------------------------------------------------


def headline(held: IndexReview) -> None:
    """Rank, score, distance to the leading group, components that rose."""
    told("index", (_rank(held), _score(held), _target(held), _risen(held)), f"Nguồn: {_of(held)}.")


def _of(held: IndexReview) -> str:
    found = held.point.get("sources") or []
    return kit.sources_text(found) if found else "chưa có nguồn cho năm này"


def _not_comparable(held: IndexReview) -> Html:
    words = odd(f"phương pháp thay đổi giữa {held.base} và {held.year}")
    return Html(f"{words}, không so sánh")


def _rank(held: IndexReview) -> Told:
    row, words = held.change, []
    if held.changes is not None and not held.changes.is_comparable:
        words.append(_not_comparable(held))
    elif row is not None and row["places_up"] is not None:
        text = moved(row["places_up"], change_words(row["places_up"]))
        words.append(Html(f"{text} so với hạng {number(row['rank_before'])} năm {held.base}"))
        if row["other_places_up"]:
            found = ", ".join(signed(up) for up in row["other_places_up"])
            words.append(Html(f"theo nguồn khác: {found}"))
    elif held.base is not None:
        why = (row and row["why_not"]) or "chưa rõ"
        words.append(Html(f"thay đổi so với năm {held.base}: {why}"))
    if others := held.point.get("other_ranks"):
        words.append(odd(f"nguồn khác: hạng {', '.join(map(number, others))}"))
    return Told(
        "rank",
        f"Thứ hạng năm {held.year}",
        rank_words(held.point),
        words,
        "**Thứ hạng** như nguồn công bố; hạng 1 là cao nhất, nên số hạng giảm là **tăng bậc**. "
        "Nơi không nguồn nào nêu hạng của một thành phần, hạng được tính từ điểm của bảng số liệu "
        "tất cả các tỉnh, thành phố. “≤ 10” nghĩa là nguồn chỉ nói thuộc nhóm 10, không nêu hạng.",
    )


def _score(held: IndexReview) -> Told:
    score, row, words = held.point.get("score"), held.change, []
    if score is None:
        words.append(f"chưa có điểm năm {held.year}")
    elif row is not None and row["points_up"] is not None:
        words.append(f"{signed(row['points_up'], 2)} điểm so với năm {held.base}")
    if held.from_median is not None:
        middle, away = held.from_median
        words.append(f"{signed(away, 2)} so với trung vị {number(middle, 2)}")
    if others := held.point.get("other_scores"):
        words.append(odd(f"nguồn khác: {', '.join(map(exact, others))}"))
    return Told(
        "score",
        f"Điểm năm {held.year}",
        None if score is None else number(score, 2),
        words,
        "**Điểm** theo thang điểm của từng chỉ số. Trung vị và tứ phân vị lấy trên các tỉnh, thành "
        "phố có điểm trong năm đó, chỉ khi ít nhất 90% số tỉnh, thành phố có điểm. Không trừ điểm "
        "của hai phương pháp khác nhau.",
    )


def _target(held: IndexReview) -> Told:
    left, rank = held.to_target, held.point.get("rank")
    value, words = None, "chưa biết thứ hạng"
    if left == 0:
        value = GOOD.html(f"trong nhóm {LEADING_GROUP}")
        words = f"hạng {rank}" if rank else "nguồn chỉ nêu nhóm, không nêu hạng"
    elif left is not None:
        value = Html(f"còn {left} bậc")
        words = f"hạng {rank}; cần hạng không quá {LEADING_GROUP}"
    return Told(
        "target",
        f"Mục tiêu nhóm {LEADING_GROUP}",
        value,
        [words],
        f"**Khoảng cách đến nhóm {LEADING_GROUP}**: số bậc còn thiếu để có hạng không quá "
        f"{LEADING_GROUP}.",
    )


def _risen(held: IndexReview) -> Told:
    changes, value, words = held.changes, None, "chưa có số liệu thành phần"
    if changes is not None and len(held.parts) > 1:
        words = f"chưa biết hạng thành phần ở cả hai năm {held.base}, {held.year}"
        if not changes.is_comparable:
            words = _not_comparable(held)
        elif changes.compared:
            value, left = f"{changes.risen}/{changes.compared}", held.without_change
            rest = f"; {left} thành phần chưa rõ hạng" if left > 0 else ""
            words = f"so với năm {held.base}{rest}"
    return Told(
        "risen",
        "Thành phần tăng hạng",
        value,
        [words],
        "**Thành phần tăng hạng**: số thành phần có hạng tốt lên giữa hai năm, trên số thành phần "
        "biết hạng ở cả hai năm. Không so sánh qua điểm thay đổi phương pháp.",
    )


# -- trends -------------------------------------------------------------------------------


def trends(held: IndexReview) -> None:
    """Score and rank by edition, beside the provinces compared with and the country."""
    left, right = st.columns(2, gap="medium")
    with left:
        st.header(f"Điểm · {plain(held.part.name)}")
        _chart(held, score_chart(held), "score", "Điểm", lambda row: number(row["score"], 2))
        if held.is_whole:
            legend = "Đường xám: trung vị cả nước; dải xám: từ tứ phân vị thứ nhất đến thứ ba. "
            st.caption(f"{legend}{_OTHERS} {_BREAKS}")
        else:
            means = " Gạch xám: giá trị của cả nước theo nguồn công bố." if held.means else ""
            st.caption(f"Chưa đủ tỉnh, thành phố có điểm để tính trung vị cả nước.{means}")
        _by_year(held, "điểm", lambda row: number(row["score"], 2), _SCORE, _country(held))
    with right:
        st.header(f"Thứ hạng · {plain(held.part.name)}")
        _chart(held, rank_chart(held), "rank", "Thứ hạng", rank_words)
        only = "△ “≤ 10”: nguồn chỉ cho biết giới hạn."
        st.caption(f"Hạng 1 ở trên cùng. {only} {_OTHERS} {_BREAKS}")
        _by_year(held, "thứ hạng", lambda row: rank_words(row, UNKNOWN), _RANK)
    if held.breaks:
        said = "; ".join(
            f"{each.before_year} → {each.year}: từ “{plain(each.before)}” sang "
            f"“{plain(each.after)}”"
            for each in held.breaks
        )
        st.caption(
            f"▲ Thay đổi phương pháp (đường chấm đứng, không so sánh qua đường này): {said}."
        )


def _chart(held: IndexReview, figure: go.Figure, key: str, what: str, say: Any) -> None:
    told = "; ".join(
        f"{row['year']}: {say(row).replace(UNKNOWN, '') or 'chưa rõ'}" for row in held.own
    )
    names = dict.fromkeys(row["province"] for row in held.rows if row not in held.own)
    beside = f", so với {', '.join(names)}" if names else ""
    alt = f"{what} {held.index} của {held.name}{beside}. {told}"
    title = f"{what} {held.index} · {held.part.name}"
    plot(figure, key=f"index_{key}", alt=alt, title=title, about=f"{held.name}{beside}")


_Numbers = tuple[tuple[str, str, Kind], ...]
_SCORE: Final[_Numbers] = (("Điểm", "score", "score"),)
_RANK: Final[_Numbers] = (
    ("Hạng", "rank", "text"),
    ("Hạng, nhiều nhất", "rank_bound", "text"),
    ("Trong số", "out_of", "text"),
)
"""What a score and a rank are made of, in a file: words, a column, what its numbers are."""


def _by_year(
    held: IndexReview, what: str, say: Any, numbers: _Numbers, more: tuple[Column, ...] = ()
) -> None:
    """The table of a chart: an edition a row, a province a column.

    ``numbers``: what stands in a file for a province's cell.
    """
    cells = {(row["year"], row["province"]): row for row in held.rows}

    def of(province: str) -> Column:
        def cell(each: Row) -> str | None:
            row = cells.get((each["year"], province))
            return f"{say(row)}{' ▲' if row['disagrees'] else ''}" if row else None

        def one(name: str) -> Callable[[Row], Any]:
            return lambda each: cells.get((each["year"], province), {}).get(name)

        filed = [Column(f"{province}: {word}", one(name), kind) for word, name, kind in numbers]
        return Column(province, cell, is_number=True, in_file=filed)

    provinces = tuple(of(name) for name in dict.fromkeys(row["province"] for row in held.rows))
    years = sorted({year for year, _ in cells}, reverse=True)
    columns = (Column("Năm", lambda each: str(each["year"]), is_name=True), *provinces, *more)
    twin(what, [{"year": year} for year in years], columns, f"{what.capitalize()} theo năm")


def _country(held: IndexReview) -> tuple[Column, ...]:
    """The country beside the provinces, by edition."""
    spread = {row["year"]: row for row in held.spread}

    def of(label: str, name: str) -> Column:
        return Column(label, lambda each: spread[each["year"]][name], "score")

    def counted(each: Row) -> str:
        row = spread[each["year"]]
        return f"{row['n']}/{row['out_of'] or '?'}"

    quartiles = (("Tứ phân vị 1", "q1"), ("Trung vị", "median"), ("Tứ phân vị 3", "q3"))
    published = Column("Cả nước (công bố)", lambda each: held.means.get(each["year"]), "score")
    return (
        *((published,) if held.means else ()),
        *(of(*each) for each in quartiles),
        Column(
            "Số tỉnh có điểm",
            counted,
            is_number=True,
            in_file=(
                Column("Số tỉnh có điểm", lambda each: spread[each["year"]]["n"]),
                Column("Trong số", lambda each: spread[each["year"]]["out_of"]),
            ),
        ),
    )


# -- all values ---------------------------------------------------------------------------


def all_values(screen: Screen, held: IndexReview) -> None:
    """Every value with its source; where sources disagree, each of them; a row is mended."""
    st.header("Mọi giá trị và nguồn")
    if not held.values:
        st.caption("Không có giá trị nào của lựa chọn này.")
        return
    if held.disagreeing:
        st.markdown(
            f":orange-badge[▲ {held.disagreeing} năm có nguồn không thống nhất] – mọi giá trị được "
            "giữ; biểu đồ vẽ theo bảng số liệu trước, rồi giá trị công bố, rồi giá trị suy ra."
        )
    table(
        held.values,
        (
            Column("Năm", lambda row: str(row["year"]), is_name=True, width="4rem"),
            Column("Tỉnh, thành phố", "province"),
            Column(
                "Điểm",
                lambda row: exact(row["score"]),
                order="score",
                is_number=True,
                in_file=(Column("Điểm", "score"),),
            ),
            Column(
                "Hạng",
                lambda row: rank_words({**row, "out_of": row["n_provinces"]}, UNKNOWN),
                is_number=True,
                in_file=(
                    *rank_columns(None, "rank", "rank_bound"),
                    Column("Trong số", "n_provinces"),
                ),
            ),
            Column("Nhóm", "group_name", is_minor=True),
            Column("Trên biểu đồ", lambda row: "●" if row["is_shown"] else ""),
            Column("Thống nhất", lambda row: "▲ nguồn khác nhau" if row["disagrees"] else ""),
            Column("Loại", lambda row: _KINDS.get(row["value_kind"]), is_minor=True),
            Column("Nguồn", "source", href=_address, width="30%"),
            Column("Ghi chú của nguồn", "note", is_minor=True),
        ),
        alt="Mọi giá trị của mọi nguồn",
        opens=record.rows(screen, "index_score", "index_score_id"),
    )


def _address(row: Row) -> str | None:
    return row["source"] if row["source"].startswith(("http://", "https://")) else None


def footer(held: IndexReview | None) -> None:
    """From where, and the last edition."""
    if held is not None:
        latest = f"số liệu đến năm {held.years[-1]}" if held.years else "chưa có số liệu"
        st.html(f'<p class="dh-source">{held.index}: {latest}. Nguồn: {safe(_of(held))}.</p>')
