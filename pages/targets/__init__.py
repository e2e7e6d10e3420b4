"""Chỉ tiêu, cam kết."""
