"""The columns of each record kind (STANDARDS section 4), one module for each family of nouns."""
