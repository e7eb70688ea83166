"""A folder of files of all techniques: what lies in it, which files are of one sample, where they agree."""

from epidot.instruments.folder.inventory import Found, inventory
from epidot.instruments.folder.rules import Rules

__all__ = ["Found", "Rules", "inventory"]
