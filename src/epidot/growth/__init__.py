"""Dots grow: the flask, and the two engines that carry a mechanism out in it."""
