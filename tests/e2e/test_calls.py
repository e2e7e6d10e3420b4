"""In a browser: a ward is asked to explain, answers, and the chair meets it on row, slide, PDF."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from playwright.sync_api import Page, expect
from pypdf import PdfReader

from tests.e2e.app_server import AppServer, sampled
from tests.e2e.walk import settled
from tests.e2e.wire import Wire

SLOW = 60_000
ASKED = "Đề nghị giải trình vì sao hồ sơ quá hạn"
ANSWERED = "Đã phân công thêm cán bộ"
PAPER = b"%PDF-1.7 not to be opened"


def test_a_ward_is_asked_and_answers_and_the_chair_meets_it(
    tmp_path: Path,
    start_app: Callable[..., AppServer],
    new_page: Callable[..., Page],
    screenshot: Callable[..., Path],
) -> None:
    # Data to the end of the running week: what is asked today is known in it.
    today = datetime.now(ZoneInfo("Asia/Ho_Chi_Minh")).date()
    sunday = today + timedelta(days=6 - today.weekday())
    installation = sampled(tmp_path, dossiers=1_500, registers=False, end=sunday)
    week = "week:{}-W{:02}".format(*sunday.isocalendar()[:2])
    with start_app(installation) as server:
        chair = new_page("leader")
        chair.goto(f"{server.url}/?period={week}")
        row = chair.locator("ol.dh-calls li").first
        expect(row).to_be_visible(timeout=SLOW)
        name = row.locator(".dh-call-unit").inner_text()
        row.get_by_role("link", name="Yêu cầu giải trình").click()
        panel = chair.locator(".st-key-call_panel")
        expect(panel.get_by_role("heading", name=name)).to_be_focused(timeout=SLOW)
        panel.get_by_label("Nội dung yêu cầu *").fill(ASKED)
        panel.get_by_role("button", name="Gửi yêu cầu").click()
        expect(chair.get_by_text(f"Đã yêu cầu {name} giải trình.")).to_be_visible(timeout=SLOW)
        screenshot(chair, "calls-asked", whole=True)

        ward = new_page("unit", installation.unit(name))
        ward.goto(f"{server.url}/?period={week}")
        asked = ward.locator("ul.dh-calls[aria-label='Được yêu cầu'] li")
        expect(asked).to_contain_text(ASKED, timeout=SLOW)
        screenshot(ward, "calls-ward")
        asked.get_by_role("link", name="Trả lời").click()
        ward.get_by_label("Nội dung trả lời").fill(ANSWERED)
        paper = tmp_path / "Giải trình số 12.pdf"
        paper.write_bytes(PAPER)
        ward.locator("input[type=file]").set_input_files(paper)
        expect(ward.get_by_text(paper.name)).to_be_visible(timeout=SLOW)
        screenshot(ward, "calls-answer")
        ward.get_by_role("button", name="Gửi trả lời").click()
        expect(ward.get_by_text("Đã gửi trả lời.")).to_be_visible(timeout=SLOW)

        others = ["Phường Hà Đông", "Phường Ba Đình"]
        stranger = new_page("unit", installation.unit(next(o for o in others if o != name)))
        wire = Wire(stranger)
        stranger.goto(f"{server.url}/?period={week}&call={installation.unit(name)}&answer=1")
        expect(stranger.get_by_role("heading", level=1)).to_be_visible(timeout=SLOW)
        settled(stranger)
        told = wire.everything()
        assert ASKED not in told
        assert paper.name not in told
        assert ANSWERED not in told

        chair.goto(f"{server.url}/?period={week}")
        said = re.compile(f"Yêu cầu giải trình .*: đã trả lời .*“{ANSWERED}”")
        line = chair.locator("ol.dh-calls li").filter(has_text=name)
        expect(line).to_contain_text(said, timeout=SLOW)
        line.get_by_role("link", name="Yêu cầu giải trình").click()
        file = chair.locator(".st-key-call_panel").get_by_role("button", name=paper.name)
        with chair.expect_download(timeout=SLOW) as saved:
            file.click()
        assert saved.value.suggested_filename == paper.name
        assert saved.value.path().read_bytes() == PAPER
        chair.goto(f"{server.url}/trinh-chieu?period={week}")
        slide = chair.locator(".dh-slide[data-key='units']")
        expect(slide).to_contain_text(said, timeout=SLOW)
        with chair.expect_download() as waiting:
            chair.get_by_role("button", name="Tải báo cáo nhanh PDF").click()
        text = " ".join(page.extract_text() for page in PdfReader(waiting.value.path()).pages)
        assert ANSWERED in " ".join(text.split())
