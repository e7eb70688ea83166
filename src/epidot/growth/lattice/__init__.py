"""The engine that carries a mechanism out atom by atom, on every dot of a flask.

:mod:`dots` cuts dots out of the lattice, :mod:`translation` makes steps of :mod:`epidot.growth.kmc` from
those a mechanism declares, :mod:`segment` runs one stretch of a recipe, :mod:`engine` all of it.  See
``docs/mechanisms.md`` and ``docs/theory/growth.md``.
"""
