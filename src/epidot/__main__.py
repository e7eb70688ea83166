"""``python -m epidot`` is ``epidot``."""

from epidot.cli import main

main()
