"""Cảnh báo."""
