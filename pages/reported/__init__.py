"""Số liệu báo cáo."""
