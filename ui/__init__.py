"""The manners: frame, navigation, scope bar, charts, tables, formats."""
