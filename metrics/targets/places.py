"""Targets that are a place or a label: ranks, groups, ratings, shares of units."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from metrics.core.ask import Ask
from metrics.core.vietnamese import number, percent
from metrics.targets.allowance import exact
from metrics.targets.terms import Evidence, Judgement, Rank, Rating, Target
from metrics.targets.wording import over, running, settled, told_value, unknown, written

# -- ranks --------------------------------------------------------------------------------


def ranked(target: Target, evidence: Evidence, ask: Ask) -> Judgement:
    """Of a place in an index, or in its leading group."""
    if not evidence.ranks:
        return unknown("Chưa có thứ hạng.")
    if target.operator == "rank_at_most" and target.high is None:
        return unknown("Chỉ tiêu chưa ghi thứ hạng phải đạt.")
    year, shown = evidence.ranks[0].year, "; ".join(dict.fromkeys(map(_place, evidence.ranks)))
    is_over = over(target.period_to, ask)
    if is_over and year < target.period_to.year:
        return unknown(
            f"Chưa có thứ hạng năm {target.period_to.year}; gần nhất, năm {year}: {shown}.", shown
        )
    verdicts = {_in_front(target, rank) for rank in evidence.ranks} - {None}
    if len(verdicts) > 1:
        return unknown(f"Năm {year}, các nguồn nói khác nhau: {shown}.", shown)
    if not verdicts:
        return unknown(f"Năm {year}: {shown}; {_why_not(target)}.", shown)
    holds = bool(verdicts.pop())
    text = f"Năm {year}: {shown}{_distance(target, evidence.ranks)}."
    return Judgement(
        settled(holds, is_over), text + running(target.period_to, is_over), f"{shown} ({year})"
    )


def _place(rank: Rank) -> str:
    of = f"/{rank.out_of}" if rank.out_of else ""
    if rank.rank is not None:
        return f"hạng {rank.rank}{of}"
    if rank.bound is not None:
        return f"hạng không quá {rank.bound}{of}"
    return f"nhóm “{rank.group}”" if rank.group else "chưa rõ hạng"


_FRONT: Final = ("cao nhất", "dẫn đầu", "tốt nhất")


def _in_front(target: Target, rank: Rank) -> bool | None:
    """Whether a place is good enough; None: it does not say."""
    if target.high is not None:
        if rank.rank is not None:
            return rank.rank <= exact(target.high)
        # "Among the first ten" settles "at most 10" and 12, but says nothing of 5.
        return True if rank.bound is not None and rank.bound <= exact(target.high) else None
    if rank.group is None:
        return None
    return any(word in rank.group.lower() for word in _FRONT)


def _why_not(target: Target) -> str:
    if target.high is None:
        return "kế hoạch không nêu nhóm dẫn đầu gồm bao nhiêu địa phương"
    return f"chưa đủ để biết có trong hạng {written(target.high, False)} không"


def _distance(target: Target, ranks: Sequence[Rank]) -> str:
    known = next((rank.rank for rank in ranks if rank.rank is not None), None)
    if target.high is None:
        return ""
    wanted = written(target.high, False)
    if known is None:
        return f" ≤ {wanted}"
    if known <= exact(target.high):
        return f" ≤ {wanted}"
    return f" > {wanted}, còn cách {number(known - float(target.high))} bậc"


# -- labels -------------------------------------------------------------------------------


def _order(label: str | None, order: int | None, scale: Mapping[str, int]) -> int | None:
    if order is not None:
        return order
    return None if label is None else scale.get(label.casefold())


def _reaches(rating: Rating, label: str, scale: Mapping[str, int]) -> bool | None:
    """Whether a rating is that label or a better one; None: not known."""
    if rating.label is not None and rating.label.casefold() == label.casefold():
        return True
    have, wanted = _order(rating.label, rating.order, scale), scale.get(label.casefold())
    return None if have is None or wanted is None else have >= wanted


def labelled(target: Target, evidence: Evidence, ask: Ask) -> Judgement:
    """Of a unit's own label."""
    if not target.label:
        return unknown("Chỉ tiêu chưa ghi xếp loại phải đạt.")
    rating = next((one for one in evidence.ratings if one.unit_id == target.unit_id), None)
    if rating is None or rating.label is None:
        return unknown(f"Chưa có xếp loại năm {evidence.year or target.period_to.year}.")
    reached = _reaches(rating, target.label, _scale(evidence))
    if reached is None:
        return unknown(f"Chưa biết “{rating.label}” cao hay thấp hơn “{target.label}”.")
    is_over = over(target.period_to, ask)
    line = (
        f"Năm {evidence.year}: “{rating.label}”, "
        f"{'bằng hoặc cao hơn' if reached else 'thấp hơn'} “{target.label}”."
    )
    return Judgement(
        settled(reached, is_over), line + running(target.period_to, is_over), rating.label
    )


def _scale(evidence: Evidence) -> dict[str, int]:
    return {label.casefold(): order for label, order in evidence.scale}


@dataclass(frozen=True)
class _Share:
    """Units that reach a label, of a base; ``unclear``: not known whether they do."""

    reached: int
    base: int
    unclear: int

    def holds(self, share: float) -> bool | None:
        """Whether the share is reached; None: it hangs on what is not known."""
        if self.base == 0:
            return None
        lowest = Fraction(self.reached, self.base) >= exact(share)
        highest = Fraction(self.reached + self.unclear, self.base) >= exact(share)
        return lowest if lowest == highest else None

    def told(self, share: float) -> str:
        if self.base == 0:
            return "mẫu số bằng 0 nên không có tỷ lệ"
        value = Fraction(self.reached, self.base)
        sign = "≥" if value >= exact(share) else "<"
        text = f"{self.reached}/{self.base} = {told_value(value, True, (share, None))}"
        rest = f" (còn {self.unclear} đơn vị chưa rõ)" if self.unclear else ""
        return f"{text} {sign} {written(share, True)}{rest}"


def share_of(
    ratings: Sequence[Rating], label: str, scale: Mapping[str, int], base_label: str | None
) -> _Share:
    """Units at a label or better, of all that are rated or of those at ``base_label`` or better."""
    unclear = 0
    reached = base = 0
    for rating in ratings:
        inside = True if base_label is None else _reaches(rating, base_label, scale)
        if inside is False:
            continue
        base += 1
        at_label = _reaches(rating, label, scale)
        reached += at_label is True
        unclear += at_label is None
    return _Share(reached, base, unclear)


def shared(target: Target, evidence: Evidence, ask: Ask) -> Judgement:
    """Of the share of units at a label."""
    if not target.label or target.share is None:
        return unknown("Chỉ tiêu chưa ghi xếp loại hoặc tỷ lệ đơn vị phải đạt.")
    if not evidence.ratings:
        return unknown(f"Chưa có xếp loại năm {evidence.year or target.period_to.year}.")
    scale = _scale(evidence)
    found = share_of(evidence.ratings, target.label, scale, target.base_label)
    holds, is_over = found.holds(target.share), over(target.period_to, ask)
    text = f"Năm {evidence.year}, từ “{target.label}”"
    text += f" trên số đơn vị từ “{target.base_label}”" if target.base_label else " trên tất cả"
    text += f": {found.told(target.share)}."
    if target.base_label:
        every = share_of(evidence.ratings, target.label, scale, None)
        text += f" Nếu tính trên tất cả đơn vị: {every.told(target.share)}."
    shown = "–" if not found.base else percent(found.reached / found.base)
    if holds is None:
        return unknown(text, shown)
    text += running(target.period_to, is_over)
    return Judgement(settled(holds, is_over), text, shown)
