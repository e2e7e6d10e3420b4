"""Kiểm tra."""
