"""Spreadsheet import and export: column declarations, reading, validation, writing, undo."""
