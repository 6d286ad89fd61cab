"""Spreadsheet import of assessment: projects, scores, findings of supervision, talks and replacements."""
