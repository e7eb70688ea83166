"""Halide ions in a layered sphere: how they move, where they are caught, what feeds them."""
