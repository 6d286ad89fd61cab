"""The year report: what it says, and its page, document and PDF."""
