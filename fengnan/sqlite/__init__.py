"""Django's SQLite, with a queue of those who write."""
