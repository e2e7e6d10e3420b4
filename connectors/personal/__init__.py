"""What the law on personal data asks: one person's data found, given out, erased; how long it is
kept (Luật Bảo vệ dữ liệu cá nhân 91/2025/QH15)."""
