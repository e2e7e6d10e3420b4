"""Of several rows of one dossier in a file one counts: which, and what is told of the others."""

from __future__ import annotations

from connectors.intake.chunk import Chunk
from connectors.intake.mapping import Mapping
from connectors.intake.readers import LINE
from connectors.intake.seen import Seen
from connectors.intake.typed import LATEST

_TOLD = 10


class OneRow:
    """The latest row by the mapping's column counts; without one the last, told row by row."""

    def __init__(self, mapping: Mapping, seen: Seen) -> None:
        self._mapping = mapping
        self._seen = seen
        self._older = 0
        # Lines of rows that were written before a later one took their place.
        self._replaced: list[int] = []

    def settle(self, chunk: Chunk) -> bool:
        """Leave aside or reject rows that do not count; whether a row written before is one."""
        codes, lines = chunk.typed["code"], chunk.raw[LINE]
        settled = self._seen.settle(codes, lines, chunk.good(), chunk.typed.get(LATEST))
        self._replaced += settled.replaced
        if self._mapping.latest_by:
            self._older += int(settled.lost.sum())
            chunk.leave(settled.lost)
            return bool(settled.replaced)
        by_code = dict(zip(codes.filter(settled.lost), settled.to.drop_nulls(), strict=True))
        chunk.reject(
            settled.lost,
            self._mapping.columns["code"].column[0],
            codes,
            lambda value: (
                f"trùng mã hồ sơ với dòng {by_code.get(value or '')} của cùng tệp; dòng đứng sau "
                "được lấy, dòng này bị bỏ. Nếu tệp có nhiều dòng cho một hồ sơ, hãy đặt "
                "file.latest_by trong ánh xạ để nói dòng nào mới nhất; nếu không, hãy xóa một dòng."
            ),
        )
        return bool(settled.replaced)

    def sentences(self) -> list[str]:
        """Rows that gave way to others of the same dossier (Vietnamese)."""
        by, count = self._mapping.latest_by, self._older + len(self._replaced)
        if by and count:
            return [f"{count} dòng cũ hơn của cùng hồ sơ (dòng mới nhất theo cột “{by[0]}”)."]
        if not self._replaced:
            return []
        shown = ", ".join(map(str, self._replaced[:_TOLD]))
        more = " …" if count > _TOLD else ""
        return [f"{count} dòng trùng mã được thay bằng dòng đứng sau: {shown}{more}."]
