"""The columns of each sheet type (STANDARDS section 4), one module for each family of nouns."""
