"""Rows of the assessment's records by the sheet: projects, scores, findings of supervision, talks and replacements."""
