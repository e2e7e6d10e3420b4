"""Hồ sơ trễ hạn."""
