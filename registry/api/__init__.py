"""The REST API of the registry: views, serialization, and error documents."""
