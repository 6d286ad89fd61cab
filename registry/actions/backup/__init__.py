"""Backup and restore of a whole registry: database, published files, private files and sealed events.

A backup is a folder with `manifest.json`, the database in the format of its engine, and the files. It is written under
a temporary name and renamed at the end, so that a folder with the final name is complete.
"""
