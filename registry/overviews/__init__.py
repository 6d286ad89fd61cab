"""Data for pages: computed from records, never stored."""
