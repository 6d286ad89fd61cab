"""What a page needs to know of reviews, ledgers and schemes: computed, never stored."""
