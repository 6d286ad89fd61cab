"""Parsing of typed text and messages to users: readers, coordinates, refusals."""
