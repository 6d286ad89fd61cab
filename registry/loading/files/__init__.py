"""From an uploaded file to the rows of a table: `reading` opens it in a process of its own, `tables` finds the tables.
Neither knows what a column means, and that process does not load Django."""
