"""An axis is a quantity in a unit with its reference: converted exactly, or refused."""

from __future__ import annotations

import numpy as np
import pytest

from epidot.errors import InputError
from epidot.signal.axis import KINDS, convert

REFERENCE = {"Raman shift": 532.0, "2theta": 0.15406}
VALUES = {
    "wavelength": [400.0, 700.0],
    "photon energy": [1.8, 3.1],
    "wavenumber": [14000.0, 25000.0],
    "Raman shift": [100.0, 1000.0],
    "scattering vector": [10.0, 60.0],
    "spacing": [0.1, 0.6],
    "2theta": [10.0, 90.0],
}


def test_known_pairs() -> None:
    """A 532 nm laser and silicon at 520.45 cm⁻¹; Cu Kα1 and LaB6's first line, d = a."""
    assert convert([520.45], "Raman shift", "cm-1", "wavelength", reference=532.0) == pytest.approx(
        [547.149], abs=1e-3
    )
    angle = convert([0.41568], "spacing", "nm", "2theta", reference=0.15405929)
    assert angle == pytest.approx([21.358], abs=1e-3)
    assert convert([2.0], "photon energy", "eV", "wavelength") == pytest.approx([619.92], abs=1e-2)
    assert convert([5000.0], "wavelength", "Å", "wavelength") == pytest.approx([500.0])
    assert convert([2.0], "scattering vector", "1/Å", "spacing") == pytest.approx([np.pi / 10])


@pytest.mark.parametrize("one", KINDS)
@pytest.mark.parametrize("other", KINDS)
def test_there_and_back(one: str, other: str) -> None:
    x = np.array(VALUES[one])
    reference = REFERENCE.get(one, REFERENCE.get(other))
    if KINDS[one].family != KINDS[other].family:
        with pytest.raises(InputError, match=f"{one} cannot be converted"):
            convert(x, one, KINDS[one].unit, other, reference=reference)
        return
    there = convert(x, one, KINDS[one].unit, other, reference=reference)
    assert convert(there, other, KINDS[other].unit, one, reference=reference) == pytest.approx(x, rel=1e-12)


def test_what_cannot_be_known_is_refused() -> None:
    with pytest.raises(InputError, match=r"needs a reference.*state the wavelength of the laser / nm"):
        convert([520.0], "Raman shift", "cm-1", "wavelength")
    assert convert([520.0], "Raman shift", "cm-1", "Raman shift") == pytest.approx([520.0])
    with pytest.raises(InputError, match=r"state the wavelength of the X-rays"):
        convert([20.0], "2theta", "degrees", "scattering vector")
    with pytest.raises(InputError, match=r"has no 2theta, saw '0.05 nm'"):
        convert([0.05], "spacing", "nm", "2theta", reference=0.154)
    with pytest.raises(InputError, match=r"has no photon energy, saw '0 nm'"):
        convert([0.0], "wavelength", "nm", "photon energy")
    with pytest.raises(InputError, match=r"not a unit of wavelength"):
        convert([1.0], "wavelength", "eV", "photon energy")
    with pytest.raises(InputError, match=r"nearest valid: Raman shift"):
        convert([1.0], "raman shift", "cm-1", "wavelength")
