"""Every YAML file of epidot is read here: recipes, mechanisms, dots, papers and all of ``epidot/data``.

:func:`read` and :func:`parse` give a :class:`Document`: plain data with the line of every place.
:func:`top` gives its topmost :class:`Entry`, which reads single values - text, choices, numbers,
quantities with units, counts, names, numbers with a source - and notes every fault at its line.
"""

from epidot.documents.entry import UNCONFIRMED, Entry, top, whole
from epidot.documents.rules import by_rule, rules
from epidot.documents.sources import cite, data_document, data_file, paper_folders, papers_in_use, references
from epidot.documents.text import MAX_BYTES, Document, Path_, beside, dump, parse, read, text_of

__all__ = [
    "MAX_BYTES",
    "UNCONFIRMED",
    "Document",
    "Entry",
    "Path_",
    "beside",
    "by_rule",
    "cite",
    "data_document",
    "data_file",
    "dump",
    "paper_folders",
    "papers_in_use",
    "parse",
    "read",
    "references",
    "rules",
    "text_of",
    "top",
    "whole",
]
