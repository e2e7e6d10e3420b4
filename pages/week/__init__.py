"""Điều hành tuần."""
