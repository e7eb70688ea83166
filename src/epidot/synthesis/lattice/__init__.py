"""A mechanism atom by atom: its ``lattice`` section, and the engine that runs it on every dot of a flask.

:mod:`section` is what a file declares, :mod:`reading` reads and checks it, :mod:`dots` cuts dots out of the
lattice, :mod:`translation` makes steps of :mod:`epidot.synthesis.kmc`, :mod:`engine` carries a flask through
a recipe.  Described in ``docs/mechanisms.md`` and ``docs/theory/growth.md``.
"""
