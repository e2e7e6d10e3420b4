"""What the audit can speak of, with the words for screens and lists."""

from __future__ import annotations

from typing import Final

ACTIONS: Final[dict[str, str]] = {
    "sign_in": "Đăng nhập",
    "sign_in_refused": "Từ chối đăng nhập",
    "sign_out": "Đăng xuất",
    "refused": "Từ chối truy cập",
    "reveal": "Xem thông tin chủ hồ sơ",
    "person_found": "Tìm dữ liệu của một người",
    "person_exported": "Cấp dữ liệu của một người",
    "person_erased": "Xóa dữ liệu của một người",
    "person_allowed": "Cho nạp lại chủ hồ sơ đã xóa",
    "maintenance": "Bảo trì (chỉ đọc)",
    "retention": "Xóa dữ liệu hết thời hạn giữ",
    "export": "Xuất dữ liệu",
    "import": "Nhập dữ liệu",
    "pull": "Lấy dữ liệu từ nguồn",
    "sample": "Nạp dữ liệu minh họa",
    "edit": "Sửa dữ liệu",
    "withdraw": "Rút khỏi số liệu",
    "reinstate": "Khôi phục dòng, hồ sơ đã rút",
    "units_merged": "Nhập hai đơn vị làm một",
    "units_split": "Gỡ cách gọi khác của đơn vị",
    "unit_called": "Ghi cách gọi khác của đơn vị",
    "setting": "Sửa ngưỡng, lịch làm việc",
    "close_period": "Chốt kỳ báo cáo",
    "account_added": "Thêm tài khoản",
    "account_changed": "Sửa tài khoản",
    "account_locked": "Khóa tài khoản",
    "account_unlocked": "Mở khóa tài khoản",
    "account_deleted": "Xóa tài khoản",
    "account_reset": "Đặt lại mật khẩu",
    "passphrase_changed": "Đổi mật khẩu",
    "waits_cleared": "Gỡ thời gian chờ đăng nhập",
    "session_revoked": "Hủy phiên đăng nhập",
    "key_rotated": "Đổi khóa mã hóa",
    "audit_key_closed": "Đóng khóa nhật ký",
    "audit_key_changed": "Bắt đầu khóa nhật ký mới",
    "audit_key_lost": "Bỏ khóa nhật ký đã mất",
    "audit_protected": "Dựng lại bảo vệ nhật ký",
    "backup": "Sao lưu",
    "restore": "Phục hồi",
    "aside_dropped": "Xóa dữ liệu cất khi phục hồi",
}
"""Key of ``audit.action`` → what it is called. A key that was written once is never taken away."""
