"""The map: its page, its GeoJSON, and the schematic that stands in for tiles."""
