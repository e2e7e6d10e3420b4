"""Parts of the screen of indices: choices, headline, trends, components, all values."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

import plotly.graph_objects as go
import polars as pl
import streamlit as st

from metrics.core.vietnamese import UNKNOWN, number, signed
from metrics.indices.changes import RankChanges, places_to_target
from metrics.indices.series import INDICES, LEADING_GROUP, TOTAL, Component, MethodBreak
from pages.indices import data as indices_data
from pages.indices.charts import change_chart, change_words, rank_chart, score_chart
from pages.indices.data import KEYS, MOST_COMPARED, Query
from ui.kit import register_files, writing
from ui.kit.charts import CONFIG
from ui.kit.parts import empty, how, put_query, twin
from ui.shell.context import Frame
from ui.shell.text import plain, safe

_FULL_NAMES: Final = {
    "PAPI": "Chỉ số hiệu quả quản trị và hành chính công cấp tỉnh",
    "PCI": "Chỉ số năng lực cạnh tranh cấp tỉnh",
    "PAR INDEX": "Chỉ số cải cách hành chính",
    "SIPAS": "Chỉ số hài lòng về sự phục vụ hành chính",
}
_PUBLISHERS: Final = {
    "PAPI": "UNDP, CECODES, VFF-CRT",
    "PCI": "VCCI",
    "PAR INDEX": "Bộ Nội vụ",
    "SIPAS": "Bộ Nội vụ",
}
_KINDS: Final = {
    "printed": "nguồn công bố",
    "derived": "suy ra từ nguồn",
    "bound": "chỉ biết giới hạn",
    "change": "mức thay đổi",
    "panel": "bảng số liệu",
}
_LOAD: Final = (
    "Nạp bộ số liệu tham chiếu kèm theo (các giá trị đã công bố, có dẫn nguồn): "
    "`.venv/bin/python -m connectors register import index_score "
    "connectors/registers/data/indices_facts.csv --mapping indices-facts --by TÊN`; "
    "hoặc nạp bảng số liệu nhiều năm với `--mapping papi-panel` hay `--mapping pci-panel`; "
    "hoặc tải mẫu, điền và nạp tệp ở mục “Nhập từ tệp” dưới đây."
)


@dataclass(frozen=True)
class Screen:
    """What the page shows: the query of the URL with its defaults filled in."""

    frame: Frame
    query: Query
    province: str | None
    year: int | None
    base: int | None

    @property
    def version(self) -> str:
        return self.frame.looking_at("index_score")

    @property
    def is_empty(self) -> bool:
        return self.province is None

    @property
    def names(self) -> dict[str, str]:
        return indices_data.provinces(self.version)

    @property
    def name(self) -> str:
        return self.names[self.province] if self.province else UNKNOWN

    @property
    def codes(self) -> tuple[str, ...]:
        """One's own province first."""
        own = (self.province,) if self.province else ()
        return (*own, *(code for code in self.query.compared if code != self.province))

    @property
    def component(self) -> Component:
        parts = indices_data.components(self.version, self.query.index)
        found = next((part for part in parts if part.code == self.query.component), None)
        return found or Component(TOTAL, "Chỉ số tổng hợp")

    @property
    def series(self) -> pl.DataFrame:
        return indices_data.series(self.version, self.query.index, self.query.component, self.codes)

    @property
    def breaks(self) -> list[MethodBreak]:
        return indices_data.breaks(self.version, self.query.index)

    @property
    def changes(self) -> RankChanges | None:
        if self.province is None or self.year is None or self.base is None:
            return None
        return indices_data.changes(
            self.version, self.query.index, self.province, self.base, self.year
        )

    def point(self) -> dict[str, Any]:
        """One's own row of the edition that is looked at."""
        rows = self.series.filter(pl.col("province_code") == self.province, year=self.year)
        return next(rows.iter_rows(named=True), {})


def read(frame: Frame) -> Screen:
    """The screen of the view and the URL; what in the URL means nothing is named."""
    version = frame.looking_at("index_score")
    register = indices_data.register(version)
    params = {name: st.query_params[name] for name in KEYS if name in st.query_params}
    query, problems = indices_data.read_query(params, register)
    for problem in problems:
        st.warning(problem, icon=":material/link_off:")
    names = indices_data.provinces(version)
    province = query.province or indices_data.home_province(version, query.index, frame.view.unit)
    # Of an installation whose top unit is no province: the first that has values.
    province = province or next(iter(names), None)
    if province is None:
        return Screen(frame, query, None, None, None)
    year, base = _editions(version, query, province)
    return Screen(frame, query, province, year, base)


def _editions(version: str, query: Query, province: str) -> tuple[int | None, int | None]:
    """The editions compared: the latest with a value, and the latest before it."""
    rows = indices_data.series(version, query.index, query.component, (province,))
    known = rows.filter(pl.any_horizontal(pl.col("score", "rank", "rank_bound").is_not_null()))[
        "year"
    ].to_list()
    every = indices_data.editions(version, query.index)
    year = query.year or max(known, default=max(every, default=None))
    if year is None:
        return None, None
    earlier = [each for each in known if each < year] or [each for each in every if each < year]
    return year, query.base or max(earlier, default=None)


def go_to(screen: Screen, **changes: Any) -> None:
    """Puts another query into the URL (called from widgets)."""
    put_query(KEYS, replace(screen.query, **changes).params())


# -- heading and choices ------------------------------------------------------------------


def heading(screen: Screen) -> None:
    """The title, and what the index is."""
    if screen.is_empty:
        st.title("Chỉ số")
        return
    index = screen.query.index
    st.title(f"Chỉ số · {index} · {plain(screen.name)}")
    st.caption(
        f"{_FULL_NAMES[index]} ({_PUBLISHERS[index]}). Số liệu đã công bố, theo năm đo; không phụ "
        "thuộc kỳ và đơn vị ở thanh trên."
    )


def nothing(screen: Screen) -> None:
    """No index was loaded."""
    empty(
        "Chưa có chỉ số nào",
        "Sổ chỉ số chưa được nạp, nên điểm và thứ hạng là chưa biết, không phải bằng 0.",
        _LOAD,
    )


def choices(screen: Screen) -> None:
    """Index, province, comparators, component, and the two editions that are compared."""
    query, names = screen.query, screen.names
    parts = {part.code: part.name for part in indices_data.components(screen.version, query.index)}
    years = indices_data.editions(screen.version, query.index)[::-1]
    with st.container(key="indices_choices"):
        index, own, others, part, year, base = st.columns([1, 1.3, 2.2, 2, 0.9, 0.9], gap="small")
        with index:
            _select(screen, "index", "Chỉ số", list(INDICES), query.index, {})
        with own:
            _select(screen, "province", "Tỉnh, thành phố", list(names), screen.province, names)
        with others:
            _compare(screen)
        with part:
            codes = list(parts) or [TOTAL]
            _select(screen, "component", "Thành phần", codes, screen.component.code, parts)
        with year:
            _select(screen, "year", "Năm", years or [None], screen.year, {})
        with base:
            _select(screen, "base", "So với năm", years or [None], screen.base, {})


def _select(
    screen: Screen, name: str, label: str, options: list[Any], present: Any, labels: dict[Any, str]
) -> None:
    key = f"indices_{name}"
    st.session_state[key] = present if present in options else options[0]

    def changed() -> None:
        picked = st.session_state[key]
        if name == "index":
            # Components and editions are the index's own.
            go_to(screen, index=picked, component=TOTAL, year=None, base=None)
        else:
            go_to(screen, **{name: picked})

    st.selectbox(
        label,
        options,
        format_func=lambda each: _option(each, labels),
        key=key,
        on_change=changed,
    )


def _option(each: Any, labels: dict[Any, str]) -> str:
    if each is None:
        return UNKNOWN
    if each in labels and each != TOTAL and each not in INDICES and str(each)[:1].isalpha():
        return f"{each} · {labels[each]}"
    return labels.get(each, str(each))


def _compare(screen: Screen) -> None:
    key, names = "indices_with", screen.names
    options = [code for code in names if code != screen.province]
    st.session_state[key] = [code for code in screen.query.compared if code in options]

    def changed() -> None:
        go_to(screen, compared=tuple(st.session_state[key]))

    st.multiselect(
        f"So với (tối đa {MOST_COMPARED})",
        options,
        format_func=names.__getitem__,
        key=key,
        on_change=changed,
        max_selections=MOST_COMPARED,
        placeholder="Chọn tỉnh, thành phố",
    )


# -- headline -----------------------------------------------------------------------------


def headline(screen: Screen) -> None:
    """Rank, score, distance to the leading group, components that rose."""
    cards = [
        ("rank", f"Thứ hạng năm {screen.year}", *_rank_card(screen)),
        ("score", f"Điểm năm {screen.year}", *_score_card(screen)),
        ("target", f"Mục tiêu nhóm {LEADING_GROUP}", *_target_card(screen)),
        ("risen", "Thành phần tăng hạng", *_risen_card(screen)),
    ]
    for column, (key, label, value, words) in zip(st.columns(4, gap="small"), cards, strict=True):
        with column, st.container(key=f"card_index_{key}"):
            st.html(
                f'<div class="dh-label">{label}</div><div class="dh-value">{value}</div>'
                f'<div class="dh-change">{words}</div>'
            )
            with how(f"index_{key}"):
                st.markdown(_EXPLAINED[key])
                st.caption(f"Nguồn: {plain(_sources(screen))}.")


_EXPLAINED: Final = {
    "rank": (
        "**Thứ hạng** như nguồn công bố; hạng 1 là cao nhất, nên số hạng giảm là **tăng bậc**. "
        "Nơi không nguồn nào nêu hạng của một thành phần, hạng được tính từ điểm của bảng số liệu "
        "tất cả các tỉnh, thành phố. “≤ 10” nghĩa là nguồn chỉ nói thuộc nhóm 10, không nêu hạng."
    ),
    "score": (
        "**Điểm** theo thang điểm của từng chỉ số. Trung vị và tứ phân vị lấy trên các tỉnh, thành "
        "phố có điểm trong năm đó, chỉ khi ít nhất 90% số tỉnh, thành phố có điểm. Không trừ điểm "
        "của hai phương pháp khác nhau."
    ),
    "target": (
        f"**Khoảng cách đến nhóm {LEADING_GROUP}**: số bậc còn thiếu để có hạng không quá "
        f"{LEADING_GROUP}."
    ),
    "risen": (
        "**Thành phần tăng hạng**: số thành phần có hạng tốt lên giữa hai năm, trên số thành phần "
        "biết hạng ở cả hai năm. Không so sánh qua điểm thay đổi phương pháp."
    ),
}


def _rank_card(screen: Screen) -> tuple[str, str]:
    point = screen.point()
    value = _rank_words(point, _UNKNOWN_VALUE)
    changes = screen.changes
    row = changes.of(screen.component.code) if changes else None
    words = []
    if changes is not None and not changes.is_comparable:
        words.append(_not_comparable(screen))
    elif row is not None and row["places_up"] is not None:
        style = "good" if row["places_up"] > 0 else "bad" if row["places_up"] < 0 else "muted"
        text = f'<span class="dh-{style}">{change_words(row["places_up"])}</span>'
        words.append(f"{text} so với hạng {number(row['rank_before'])} năm {screen.base}")
        if row["other_places_up"]:
            found = ", ".join(signed(up) for up in row["other_places_up"])
            words.append(f"theo nguồn khác: {found}")
    elif screen.base is not None:
        words.append(f"thay đổi so với năm {screen.base}: chưa rõ")
    if point.get("other_ranks"):
        other = ", ".join(number(rank) for rank in point["other_ranks"])
        words.append(f'<span class="dh-warn">▲ nguồn khác: hạng {other}</span>')
    return value, "; ".join(words)


_UNKNOWN_VALUE: Final = '<span class="dh-none dh-muted">chưa rõ</span>'


def _rank_words(point: dict[str, Any], unknown: str = "") -> str:
    """9/63; "≤ 10/63"; nothing for unknown."""
    out_of = f"/{point['out_of']}" if point.get("out_of") else ""
    if point.get("rank") is not None:
        return f"{point['rank']}{out_of}"
    if point.get("rank_bound") is not None:
        return f"≤ {point['rank_bound']}{out_of}"
    return unknown


def _not_comparable(screen: Screen) -> str:
    return (
        f'<span class="dh-warn">▲ phương pháp thay đổi giữa {screen.base} và {screen.year}</span>, '
        "không so sánh"
    )


def _score_card(screen: Screen) -> tuple[str, str]:
    point, changes = screen.point(), screen.changes
    if point.get("score") is None:
        return _UNKNOWN_VALUE, f"chưa có điểm năm {screen.year}"
    words = []
    row = changes.of(screen.component.code) if changes else None
    if row is not None and row["points_up"] is not None:
        words.append(f"{signed(row['points_up'], 2)} điểm so với năm {screen.base}")
    middle = _spread_of(screen)
    if middle.get("median") is not None:
        away = signed(point["score"] - middle["median"], 2)
        words.append(f"{away} so với trung vị {number(middle['median'], 2)}")
    if point["other_scores"]:
        other = ", ".join(_exact(value) for value in point["other_scores"])
        words.append(f'<span class="dh-warn">▲ nguồn khác: {other}</span>')
    return number(point["score"], 2), "; ".join(words)


def _spread_of(screen: Screen) -> dict[str, Any]:
    table = indices_data.spread(screen.version, screen.query.index, screen.component.code)
    return next(table.filter(year=screen.year).iter_rows(named=True), {})


def _target_card(screen: Screen) -> tuple[str, str]:
    point = screen.point()
    left = places_to_target(point.get("rank"), point.get("rank_bound"), LEADING_GROUP)
    if left is None:
        return _UNKNOWN_VALUE, "chưa biết thứ hạng"
    if left == 0:
        known = point.get("rank") is not None
        words = f"hạng {point['rank']}" if known else "nguồn chỉ nêu nhóm, không nêu hạng"
        return f'<span class="dh-good">● trong nhóm {LEADING_GROUP}</span>', words
    return f"còn {left} bậc", f"hạng {point['rank']}; cần hạng không quá {LEADING_GROUP}"


def _risen_card(screen: Screen) -> tuple[str, str]:
    changes = screen.changes
    parts = len(indices_data.components(screen.version, screen.query.index)) - 1
    if changes is None or parts < 1:
        return _UNKNOWN_VALUE, "chưa có số liệu thành phần"
    if not changes.is_comparable:
        return _UNKNOWN_VALUE, _not_comparable(screen)
    if not changes.compared:
        return (
            _UNKNOWN_VALUE,
            f"chưa biết hạng thành phần ở cả hai năm {screen.base}, {screen.year}",
        )
    missing = parts - changes.compared
    rest = f"; {missing} thành phần chưa rõ hạng" if missing > 0 else ""
    return f"{changes.risen}/{changes.compared}", f"so với năm {screen.base}{rest}"


# -- trends -------------------------------------------------------------------------------


def trends(screen: Screen) -> None:
    """Score and rank by edition, beside the provinces compared with and the country."""
    table, index = screen.series, screen.query.index
    spread = indices_data.spread(screen.version, index, screen.component.code)
    means = indices_data.means(screen.version, index, screen.component.code)
    left, right = st.columns(2, gap="medium")
    with left:
        st.header(f"Điểm · {plain(screen.component.name)}")
        whole = spread["median"].is_not_null().any()
        # Where the country's median is known, the published mean says little more.
        figure = score_chart(
            table, str(screen.province), spread, {} if whole else means, screen.breaks
        )
        _chart(figure, "index_score", _alt(screen, "Điểm"))
        st.caption(_score_legend(whole, means != {}))
        twin("điểm", _twin_scores(screen, spread, means))
    with right:
        st.header(f"Thứ hạng · {plain(screen.component.name)}")
        _chart(
            rank_chart(table, str(screen.province), screen.breaks),
            "index_rank",
            _alt(screen, "Thứ hạng"),
        )
        st.caption(
            "Hạng 1 ở trên cùng. △ “≤ 10”: nguồn chỉ cho biết giới hạn. × : giá trị của "
            "nguồn khác. Chỗ ngắt: năm không có số liệu hoặc đổi phương pháp."
        )
        twin("thứ hạng", _twin_ranks(screen))
    if screen.breaks:
        said = "; ".join(
            f"{each.before_year} → {each.year}: từ “{plain(each.before)}” sang "
            f"“{plain(each.after)}”"
            for each in screen.breaks
        )
        st.caption(
            f"▲ Thay đổi phương pháp (đường chấm đứng, không so sánh qua đường này): {said}."
        )


def _score_legend(whole: bool, means: bool) -> str:
    if whole:
        return (
            "Đường xám: trung vị cả nước; dải xám: từ tứ phân vị thứ nhất đến thứ ba. × : giá trị "
            "của nguồn khác. Chỗ ngắt: năm không có số liệu hoặc đổi phương pháp."
        )
    known = " Gạch xám: giá trị của cả nước theo nguồn công bố." if means else ""
    return f"Chưa đủ tỉnh, thành phố có điểm để tính trung vị cả nước.{known}"


def _chart(figure: go.Figure, key: str, alt: str) -> None:
    st.plotly_chart(figure, config=CONFIG, key=key, alt=alt)


def _alt(screen: Screen, what: str) -> str:
    own = screen.series.filter(pl.col("province_code") == screen.province)
    told = []
    for row in own.iter_rows(named=True):
        value = number(row["score"], 2) if what == "Điểm" else _rank_words(row, "chưa rõ")
        told.append(f"{row['year']}: {value if value != UNKNOWN else 'chưa rõ'}")
    against = [screen.names[code] for code in screen.codes[1:]]
    beside = f", so với {', '.join(against)}" if against else ""
    return f"{what} {screen.query.index} của {screen.name}{beside}. " + "; ".join(told)


def _twin_scores(screen: Screen, spread: pl.DataFrame, means: dict[int, float]) -> pl.DataFrame:
    wide = _wide(screen, lambda row: number(row["score"], 2))
    middle = spread.select(
        pl.col("year").alias("Năm"),
        *(
            pl.col(name).map_elements(lambda value: number(value, 2), pl.String, skip_nulls=False)
            .alias(label)
            for name, label in (("q1", "Tứ phân vị 1"), ("median", "Trung vị"),
                                ("q3", "Tứ phân vị 3"))
        ),
        pl.format("{}/{}", "n", pl.col("out_of").cast(pl.String).fill_null("?"))
        .alias("Số tỉnh có điểm"),
    )  # fmt: skip
    country = [number(means.get(year), 2) for year in wide["Năm"]]
    told = [pl.Series("Cả nước (công bố)", country)] if means else []
    return wide.with_columns(told).join(middle, on="Năm", how="left").sort("Năm", descending=True)


def _twin_ranks(screen: Screen) -> pl.DataFrame:
    return _wide(screen, lambda row: _rank_words(row, UNKNOWN)).sort("Năm", descending=True)


def _wide(screen: Screen, say: Any) -> pl.DataFrame:
    years: dict[int, dict[str, Any]] = {}
    for row in screen.series.iter_rows(named=True):
        mark = " ▲" if row["disagrees"] else ""
        years.setdefault(row["year"], {"Năm": row["year"]})[row["province"]] = say(row) + mark
    return pl.DataFrame(list(years.values()), schema_overrides={"Năm": pl.Int32})


# -- components ---------------------------------------------------------------------------


def components(screen: Screen) -> None:
    """Components by edition as a heat map, and the places won or lost between two editions."""
    parts = indices_data.components(screen.version, screen.query.index)
    st.header("Các thành phần")
    if len(parts) < 2:
        st.caption(f"Chưa nạp số liệu thành phần của {screen.query.index}.")
        return
    heat, changed = st.tabs(["Bảng nhiệt theo năm", f"Thay đổi hạng {screen.base} → {screen.year}"])
    with heat:
        st.html(_heat_table(screen))
        st.caption(
            "Mỗi ô: hạng (dòng trên), điểm (dòng dưới). Màu càng đậm, hạng càng cao; ô không màu: "
            "chưa biết hạng. “–”: không có số liệu. Hạng thành phần in nghiêng được tính từ điểm "
            "của bảng số liệu. Vạch đứng: thay đổi phương pháp."
        )
    with changed:
        _changes(screen)


def _heat_table(screen: Screen) -> str:
    table = indices_data.heat(screen.version, screen.query.index, str(screen.province))
    known = table.filter(pl.any_horizontal(pl.col("score", "rank", "rank_bound").is_not_null()))
    years = known["year"].unique().sort().to_list()
    starts = _first_after_break(years, screen.breaks)
    head = "".join(f'<th scope="col"{_mark(year, starts)}>{year}</th>' for year in years)
    body = []
    for code in table["component"].unique(maintain_order=True):
        rows = {row["year"]: row for row in table.filter(component=code).iter_rows(named=True)}
        name = next(iter(rows.values()))["name"]
        title = safe(name) if code == TOTAL else f"{safe(code)} · {safe(name)}"
        cells = "".join(_heat_cell(rows.get(year), year, starts) for year in years)
        body.append(f'<tr><th scope="row">{title}</th>{cells}</tr>')
    caption = f"Hạng và điểm các thành phần {screen.query.index} của {screen.name} theo năm"
    return (
        '<div class="dh-heat-box" tabindex="0">'
        f'<table class="dh-heat" aria-label="{safe(caption)}">'
        f"<thead><tr><td></td>{head}</tr></thead><tbody>{''.join(body)}</tbody></table></div>"
    )


def _first_after_break(years: list[int], breaks: list[MethodBreak]) -> set[int]:
    """The first shown edition after each methodology break, not the first of all."""
    found = {min((y for y in years if y >= each.year), default=0) for each in breaks}
    return found - set(years[:1])


def _mark(year: int, starts: set[int], more: str = "") -> str:
    classes = " ".join(part for part in (more, "dh-heat-break" if year in starts else "") if part)
    return f' class="{classes}"' if classes else ""


def _heat_cell(row: dict[str, Any] | None, year: int, starts: set[int]) -> str:
    if row is None or (row["score"] is None and not _rank_words(row)):
        return f"<td{_mark(year, starts)}>{UNKNOWN}</td>"
    shade = f"dh-heat-{min(int(row['standing'] * 5), 4)}" if row["standing"] is not None else ""
    rank = str(row["rank"]) if row["rank"] is not None else _rank_words(row).split("/")[0]
    if row["rank_kind"] == "computed":
        rank = f"<i>{rank}</i>"
    odd = " ▲" if row["disagrees"] else ""
    score = number(row["score"], 2) if row["score"] is not None else UNKNOWN
    return f"<td{_mark(year, starts, shade)}><b>{rank or UNKNOWN}{odd}</b><br>{score}</td>"


def _changes(screen: Screen) -> None:
    changes = screen.changes
    if changes is None:
        st.caption("Chưa có hai năm để so sánh.")
        return
    if not changes.is_comparable:
        st.warning(
            f"Phương pháp tính {screen.query.index} thay đổi giữa năm {screen.base} và năm "
            f"{screen.year}: điểm và thứ hạng hai năm này không so sánh được với nhau.",
            icon=":material/compare_arrows:",
        )
        return
    known = changes.table.filter(pl.col("places_up").is_not_null())
    if known.is_empty():
        st.caption(f"Chưa biết hạng ở cả hai năm {screen.base} và {screen.year}.")
    else:
        if changes.compared:
            st.markdown(f"**{changes.risen}/{changes.compared} thành phần tăng hạng.**")
        told = "; ".join(
            f"{row['name']}: {row['rank_before']} → {row['rank']}"
            for row in known.iter_rows(named=True)
        )
        _chart(
            change_chart(known, int(screen.base or 0), int(screen.year or 0)),
            "index_changes",
            f"Thay đổi hạng của {screen.name} từ {screen.base} đến {screen.year}. {told}",
        )
        st.caption(f"○ hạng năm {screen.base}; ▲ ▼ ● hạng năm {screen.year}. Bên phải là cao hơn.")
    twin("thay đổi hạng", _twin_changes(screen, changes))


def _twin_changes(screen: Screen, changes: RankChanges) -> pl.DataFrame:
    rows = [
        {
            "Thành phần": row["name"],
            f"Hạng {screen.base}": _rank_words(
                {"rank": row["rank_before"], "rank_bound": row["bound_before"]}, UNKNOWN
            ),
            f"Hạng {screen.year}": _rank_words(
                {"rank": row["rank"], "rank_bound": row["bound"]}, UNKNOWN
            ),
            "Thay đổi": change_words(row["places_up"]),
            "Theo nguồn khác": ", ".join(signed(up) for up in row["other_places_up"]),
            f"Điểm {screen.base}": number(row["score_before"], 2),
            f"Điểm {screen.year}": number(row["score"], 2),
        }
        for row in changes.table.iter_rows(named=True)
    ]
    return pl.DataFrame(rows)


# -- all values ---------------------------------------------------------------------------


def all_values(screen: Screen) -> None:
    """Every value with its source; where sources disagree, each of them."""
    st.header("Mọi giá trị và nguồn")
    table = indices_data.values(
        screen.version, screen.query.index, screen.component.code, screen.codes
    )
    if table.is_empty():
        st.caption("Không có giá trị nào của lựa chọn này.")
        return
    count = table.filter("disagrees").select("province_code", "year").n_unique()
    if count:
        st.markdown(
            f":orange-badge[▲ {count} năm có nguồn không thống nhất] – mọi giá trị được giữ; biểu "
            "đồ vẽ theo bảng số liệu trước, rồi giá trị công bố, rồi giá trị suy ra."
        )
    st.dataframe(
        pl.DataFrame([_value_row(row) for row in table.iter_rows(named=True)]),
        hide_index=True,
        key="index_values",
        column_config={
            "Năm": st.column_config.NumberColumn(format="%d", width="small"),
            "Liên kết": st.column_config.LinkColumn(display_text="Mở nguồn", width="small"),
            "Nguồn": st.column_config.TextColumn(width="large"),
        },
    )


def _value_row(row: dict[str, Any]) -> dict[str, Any]:
    link = row["source"] if row["source"].startswith(("http://", "https://")) else None
    return {
        "Năm": row["year"],
        "Tỉnh, thành phố": row["province"],
        "Điểm": _exact(row["score"]),
        "Hạng": _rank_words({**row, "out_of": row["n_provinces"]}, UNKNOWN),
        "Nhóm": row["group_name"] or "",
        "Trên biểu đồ": "●" if row["is_shown"] else "",
        "Thống nhất": "▲ nguồn khác nhau" if row["disagrees"] else "",
        "Loại": _KINDS.get(row["value_kind"], row["value_kind"]),
        "Nguồn": row["source"],
        "Liên kết": link or "",
        "Ghi chú của nguồn": row["note"] or "",
    }


def _exact(score: float | None) -> str:
    """A score with the decimals that it has, at most four."""
    if score is None:
        return UNKNOWN
    text = number(round(score, 4), 4)
    return text.rstrip("0").rstrip(",")


# -- entry and footer ---------------------------------------------------------------------


def entry(frame: Frame) -> None:
    """Import from a file; for those who may."""
    if not writing.may_edit():
        return
    with st.expander("Nhập từ tệp", icon=":material/upload_file:"):
        register_files.draw(frame, ("index_score",))


def footer(screen: Screen) -> None:
    """From where, and the last edition."""
    if screen.is_empty:
        return
    years = indices_data.editions(screen.version, screen.query.index)
    latest = f"số liệu đến năm {years[-1]}" if years else "chưa có số liệu"
    st.html(
        f'<span class="dh-source">{safe(screen.query.index)}: {latest}. Nguồn: '
        f"{safe(_sources(screen))}.</span>"
    )


def _sources(screen: Screen) -> str:
    point = screen.point()
    found = list(point.get("sources") or [])
    more = f" và {len(found) - 2} nguồn khác" if len(found) > 2 else ""
    return "; ".join(found[:2]) + more if found else "chưa có nguồn cho năm này"
