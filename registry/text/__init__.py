"""What people type, made values, and what they are told: readers, coordinates, refusals."""
