"""Heads as vendors write them: axis, unit and quantity stated there beat guesses."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from epidot.errors import InputError
from epidot.instruments import pl, uvvis

NM = np.arange(400.0, 700.0, 1.0)
BAND = 0.4 * np.exp(-0.5 * ((NM - 520) / 18) ** 2) + 0.6 * np.exp(-(NM - 400) / 50)
PERCENT = 100 * 10**-BAND


def rows(y: np.ndarray, delimiter: str = "\t") -> str:
    return "".join(f"{a:.1f}{delimiter}{b:.6f}\n" for a, b in zip(NM, y, strict=True))


PE = (
    "PE UV       SUBTECH     SPECTRUM    ASCII       PEDS        4.00        \n   -1\nsample.asc\n"
    + "0\n" * 75
)


@pytest.mark.parametrize(
    ("head", "y", "delimiter"),
    [
        ('"sample - RawData"\n"Wavelength nm.","Abs."\n', BAND, ","),  # Shimadzu UVProbe
        ('"sample - RawData"\n"Wavelength nm.","T%"\n', PERCENT, ","),
        ("sample,\nWavelength (nm),Abs\n", BAND, ","),  # Cary WinUV
        ("sample,\nWavelength (nm),%T\n", PERCENT, ","),
        (PE + "#HDR\n-1\n-1\n#GR\nnm\nA\n1.0\n0.0\n700.0\n-1.0\n300\n8\n1.0\n0.0\n#DATA\n", BAND, "\t"),
        (PE + "#HDR\n-1\n-1\n#GR\nnm\n%T\n1.0\n0.0\n700.0\n-1.0\n300\n8\n1.0\n0.0\n#DATA\n", PERCENT, "\t"),
        (
            "TITLE\ts\nDATA TYPE\tULTRAVIOLET SPECTRUM\nXUNITS\tNANOMETERS\nYUNITS\tABSORBANCE\nXYDATA\n",
            BAND,
            "\t",
        ),
        ("Wavelength (nm),Absorbance (AU)\n", BAND, ","),  # Agilent ChemStation
    ],
)
def test_absorbance_and_transmittance(head: str, y: np.ndarray, delimiter: str, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text(head + rows(y, delimiter), encoding="utf-8")
    signal = uvvis.read(path)
    assert np.allclose(signal.y, BAND, atol=1e-5)
    assert np.allclose(signal.x, NM)
    assert not any("taken to be nm" in w for w in signal.warnings)
    if y is BAND:
        with pytest.raises(InputError, match="in absorbance, which is no intensity"):
            pl.read(path)


def test_edinburgh(tmp_path: Path) -> None:
    """What an FLS exports; the wavelength held fixed in an emission scan is the excitation."""
    head = "Labels,s1,\nType,Emission Scan,\nStart,400.00,\nStop,699.00,\nStep,1.00,\nFixed/Offset,375.00,\n"
    head += "XAxis,Wavelength,\nYAxis,Counts,\n\n"
    path = tmp_path / "e.txt"
    counts = np.round(1000 * BAND).astype(int)
    path.write_text(
        head + "".join(f"{a:.2f},{b},\n" for a, b in zip(NM, counts, strict=True)), encoding="utf-8"
    )
    signal = pl.read(path)
    assert signal.meta["excitation_nm"] == 375.0
    assert signal.kind == "counts"
    assert np.array_equal(signal.y, counts)
    with pytest.raises(InputError, match="in counts, which is no absorbance"):
        uvvis.read(path)


def test_ocean_optics(tmp_path: Path) -> None:
    head = (
        "Data from s.txt Node\n\nDate: Mon Jan 01\nSpectrometer: USB4F06998\nIntegration Time (sec): 1.0E-1\n"
    )
    head += "Boxcar width: 2\nXAxis mode: Wavelengths\nNumber of Pixels in Spectrum: 300\n"
    path = tmp_path / "o.txt"
    path.write_text(head + ">>>>>Begin Spectral Data<<<<<\n" + rows(1000 * BAND), encoding="utf-8")
    signal = pl.read(path)
    assert np.allclose(signal.y, 1000 * BAND, atol=1e-3)
    assert not any("taken to be nm" in w for w in signal.warnings)


def test_the_name_of_a_unit_with_a_point(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    path.write_text('"s - RawData"\n"Wavelength nm.","R%"\n' + rows(PERCENT, ","), encoding="utf-8")
    with pytest.raises(InputError, match="no absorbances"):
        uvvis.read(path)
