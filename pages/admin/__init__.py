"""Quản trị."""
