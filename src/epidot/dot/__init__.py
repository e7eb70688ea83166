"""One nanocrystal: its layers, counts, strain and atoms."""
