"""The REST layer: resources over the declared kinds, writing by the same acts as the pages."""
