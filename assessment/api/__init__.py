"""The REST API of assessment."""
