"""The declared fields of records and how they are read."""
