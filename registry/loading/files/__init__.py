"""From a file as somebody sent it to the rows of a table: `reading` opens it in a process of its own, `tables` finds
what stands where. Neither knows what a column means, and that process knows nothing of Django."""
