"""The picture of a measurement is drawn as its field draws it."""

from __future__ import annotations

import numpy as np
import pytest

from epidot import instruments
from epidot.quantities import Quantities
from epidot.report import measurement
from epidot.signal import Signal


@pytest.mark.parametrize("technique", ["nmr", "xps", "pl", "tcspc", "xrd"])
def test_shifts_and_binding_energies_fall_and_decays_go_by_powers_of_ten(technique: str) -> None:
    x = np.linspace(1.0, 50.0, 50)
    signal = Signal(technique, x, np.exp(-x / 9) * 900, "x", "1", "y", "1", "counts", "measured")
    top = measurement.page("a curve", signal, Quantities(technique, {})).axes[0]
    assert top.xaxis_inverted() == (technique in ("nmr", "xps"))
    assert (top.get_yscale() == "log") == (technique == "tcspc")
    header = instruments.instrument(technique).HEADER
    assert (header.falls, header.decades) == (technique in ("nmr", "xps"), technique == "tcspc")
