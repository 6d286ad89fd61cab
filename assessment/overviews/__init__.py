"""Data for pages on reviews, ledgers and schemes: computed, never stored."""
