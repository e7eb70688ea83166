"""Sphinx configuration."""

from __future__ import annotations

project = "epidot"
author = "The epidot authors"
copyright = "2026, The epidot authors"
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.mathjax"]
myst_enable_extensions = ["dollarmath", "amsmath", "deflist", "colon_fence"]
myst_heading_anchors = 3
html_theme = "furo"
html_title = "epidot"
exclude_patterns = ["_build"]
autodoc_typehints = "description"
nitpicky = False
