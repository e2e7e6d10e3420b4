"""The screens, declared as data: file, title, address, icon. The order is the menu's."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

PAGES_DIR: Final = Path(__file__).resolve().parents[2] / "pages"


@dataclass(frozen=True)
class Screen:
    """A screen: ``key`` is its name; ``path`` its address (home: "")."""

    key: str
    title: str
    path: str
    icon: str
    # The menu that it stands in; "": on the bar itself.
    section: str = ""
    # Its folder in pages/, where that is not called like the key.
    room: str = ""

    @property
    def file(self) -> Path:
        return PAGES_DIR / (self.room or self.key) / "page.py"

    @property
    def action(self) -> str:
        """What a role must be allowed to see it (connectors/access/roles.toml)."""
        return f"page:{self.key}"


SCREENS: Final[tuple[Screen, ...]] = (
    Screen("week", "Điều hành tuần", "", ":material/monitoring:"),
    Screen("units", "Đơn vị", "don-vi", ":material/account_balance:"),
    Screen("late", "Hồ sơ trễ hạn", "ho-so-tre-han", ":material/schedule:"),
    Screen("tasks", "Nhiệm vụ", "nhiem-vu", ":material/task_alt:"),
    Screen("inspections", "Kiểm tra", "kiem-tra", ":material/fact_check:"),
    Screen("targets", "Chỉ tiêu, cam kết", "chi-tieu", ":material/flag:"),
    Screen("search", "Tìm", "tim", ":material/search:"),
    Screen("indices", "Chỉ số", "chi-so", ":material/leaderboard:", "Đánh giá"),
    Screen(
        "service", "Chất lượng phục vụ", "chat-luong-phuc-vu", ":material/thumb_up:", "Đánh giá"
    ),
    Screen(
        "feedback",
        "Phản ánh, kiến nghị",
        "phan-anh",
        ":material/forum:",
        "Đánh giá",
    ),
    Screen("procedures", "Thủ tục hành chính", "thu-tuc", ":material/description:", "Báo cáo"),
    Screen(
        "reported",
        "Số liệu báo cáo",
        "so-lieu-bao-cao",
        ":material/summarize:",
        "Báo cáo",
    ),
    Screen("reconciling", "Đối chiếu", "doi-chieu", ":material/rule:", "Báo cáo"),
    Screen("presenting", "Trình chiếu", "trinh-chieu", ":material/slideshow:", "Báo cáo"),
    Screen("alerts", "Cảnh báo", "canh-bao", ":material/notifications:", "Hệ thống"),
    Screen("data", "Dữ liệu", "du-lieu", ":material/database:", "Hệ thống", "records"),
    Screen("admin", "Quản trị", "quan-tri", ":material/admin_panel_settings:", "Hệ thống"),
)
"""The first one is the home screen."""
