"""What a page needs to know of records: computed, never stored."""
