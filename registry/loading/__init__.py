"""Rows in and out of the registry by the sheet: declarations, reading, judging, writing, undoing, exporting."""
