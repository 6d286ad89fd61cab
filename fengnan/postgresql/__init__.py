"""Django's PostgreSQL, with fewer trips to the server."""
