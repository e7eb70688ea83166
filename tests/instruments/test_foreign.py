"""Files of other techniques: each says what it looks like, and no instrument takes it for its own."""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from epidot import instruments
from epidot.errors import InputError
from epidot.instruments.foreign import KINDS
from epidot.instruments.recognise import recognise

ROWS = "".join(f"{200 + 2 * i}\t{1000 + 7 * i % 90}\n" for i in range(600))
FEW = "".join(f"{x}\t{y}\n" for x, y in zip(range(20, 70), range(400, 450), strict=True))

# name of the file, its content, what the message must call it
FILES = [
    ("c1s.csv", "Binding Energy (eV)\tCounts\n" + FEW, "XPS"),
    ("wide.xy", "# Created by:        SpecsLab2, Version 2.77\n" + FEW, "XPS"),
    ("d.xrdml", "<?xml version='1.0'?>\n<xrdMeasurements>\n</xrdMeasurements>", "XRD"),
    ("e.raw", b"RAW1.01\0\0" + bytes(200), "XRD"),
    ("f.uxd", "_FILEVERSION=2\n_STEPTIME=0.5\n_2THETACOUNTS\n" + FEW, "XRD"),
    ("g.csv", "2Theta\tCounts\n" + FEW, "XRD"),
    ("h.ras", "*RAS_DATA_START\n*RAS_HEADER_START\n" + FEW, "XRD"),
    ("l.jdx", "##TITLE= x\n##DATA TYPE= INFRARED SPECTRUM\n##XUNITS= 1/CM\n" + ROWS, "infrared"),
    ("acqus", "##TITLE= Parameter file, TopSpin\n##$BF1= 400.13\n", "NMR parameters"),
    ("difflist", "144.71\n394.67\n644.63\n", "list of gradients"),
    ("q.ser", b"II\x97\x01" + bytes(100), "FEI"),
    ("q.mrc", bytes(208) + b"MAP " + bytes(100), "MRC"),
    ("r.nc", b"CDF\1" + bytes(100), "netCDF"),
    ("t.thd", b"TimeHarp 200\0\0\0\0" + bytes(200), "TimeHarp"),
]

# name of the file, its content, what the message must call it, the instrument that reads it
SENT_ON = [
    (
        "a.vms",
        "VAMAS Surface Chemical Analysis Standard Data Transfer Format 1988 May 4\nlab\n" + FEW,
        "VAMAS",
        "xps",
    ),
    (
        "b.txt",
        "\n\nVAMAS Surface Chemical Analysis Standard Data Transfer Format 1988 May 4\n" + FEW,
        "VAMAS",
        "xps",
    ),
    ("i.csv", "Raman shift (cm-1)\tIntensity (a.u.)\n" + ROWS, "Raman", "raman"),
    ("raman_InP.txt", "#Spectro (cm-\u00b9)=\t940.8\n" + ROWS, "LabSpec", "raman"),
    ("j.wdf", b"WDF1" + bytes(400), "WiRE", "raman"),
    ("1r", np.arange(400, dtype="<i4").tobytes(), "NMR", "nmr"),
    ("fid", np.arange(400, dtype="<i4").tobytes(), "NMR", "nmr"),
    ("m.dx", "##TITLE= x\n##DATA TYPE= NMR SPECTRUM\n" + FEW, "NMR", "nmr"),
    (
        "k.txt",
        "//Exported ASCII-File\n[Header]\nXAxisUnit = nm\nDataUnit = CCD cts\n[Data]\n" + ROWS,
        "WITec",
        "raman",
    ),
    ("n.dm3", b"\0\0\0\3\0\1\x78\x7c\0\0\0\1" + bytes(100), "DigitalMicrograph", "tem"),
    ("o.tif", b"II*\0" + bytes(100), "a picture (TIFF)", "tem"),
    ("p.png", b"\x89PNG\r\n\x1a\n" + bytes(100), "a picture (PNG)", "tem"),
]


def written(tmp_path: Path, name: str, content: str | bytes) -> Path:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return path


@pytest.mark.parametrize(("name", "content", "called"), FILES, ids=[name for name, _, _ in FILES])
def test_it_says_what_it_looks_like(name: str, content: str | bytes, called: str, tmp_path: Path) -> None:
    path = written(tmp_path, name, content)
    own = called.lower()
    if own in instruments.names():
        assert recognise(path) == own
    else:
        with pytest.raises(InputError, match="looks like") as caught:
            recognise(path)
        assert called in str(caught.value)
        assert "no instrument of epidot reads it" in str(caught.value)
    says = f"measure it as {own}" if own in instruments.names() else "no instrument of epidot reads it"
    for technique in instruments.names():
        if technique != own:
            with pytest.raises(InputError, match=says):
                instruments.instrument(technique).read(path)


@pytest.mark.parametrize(("name", "content", "called", "reader"), SENT_ON, ids=[one[0] for one in SENT_ON])
def test_a_file_of_another_instrument_is_sent_to_it(
    name: str, content: str | bytes, called: str, reader: str, tmp_path: Path
) -> None:
    path = written(tmp_path, name, content)
    assert recognise(path) == reader
    for technique in set(instruments.names()) - {reader}:
        with pytest.raises(InputError, match=f"measure it as {reader}") as caught:
            instruments.instrument(technique).read(path)
        assert called in str(caught.value)


def test_archives_of_diffractometers(tmp_path: Path) -> None:
    for name, member in (
        ("a.brml", "Experiment0/MeasurementContainer.xml"),
        ("a.rasx", "Data0/Profile0.txt"),
    ):
        with zipfile.ZipFile(tmp_path / name, "w") as archive:
            archive.writestr(member, "x")
        assert recognise(tmp_path / name) == "xrd"
        with pytest.raises(InputError, match=r"looks like XRD.*measure it as xrd"):
            instruments.instrument("pl").read(tmp_path / name)


def test_a_batch_of_our_own(tmp_path: Path) -> None:
    import h5py

    with h5py.File(tmp_path / "batch.nc", "w") as file:
        file.attrs["format"] = "epidot-batch/1"
    with pytest.raises(InputError, match=r"looks like a batch of epidot run; .*epidot simulate"):
        instruments.instrument("pl").read(tmp_path / "batch.nc")


def test_a_word_about_raman_in_a_head_is_no_raman_spectrum(tmp_path: Path) -> None:
    """Fluorimeters are checked on the Raman line of water, and say so in their heads."""
    text = "last check: water Raman, 397 nm\nWavelength (nm)\tIntensity (a.u.)\n" + ROWS
    assert instruments.instrument("pl").read(written(tmp_path, "pl.txt", text)).meta["axis_unit"] == "nm"


def test_quantities_of_another_instrument(tmp_path: Path) -> None:
    counts = written(tmp_path, "c.csv", "Wavelength (nm)\tCounts\n" + ROWS)
    with pytest.raises(InputError, match="the values are in counts, which is no absorbance"):
        instruments.instrument("uvvis").read(counts)
    absorbance = written(tmp_path, "a.csv", "Wavelength (nm)\tAbsorbance\n" + ROWS)
    with pytest.raises(InputError, match="the values are in absorbance, which is no intensity"):
        instruments.instrument("pl").read(absorbance)


def test_an_axis_of_shifts_is_no_axis_of_a_spectrum(tmp_path: Path) -> None:
    path = written(tmp_path, "s.csv", "x (cm-1)\ty\n" + ROWS.replace("\n200\t", "\n350\t"))
    for technique in ("uvvis", "pl"):
        with pytest.raises(InputError, match="that of a Raman or infrared spectrum"):
            instruments.instrument(technique).read(path)


def test_an_instrument_that_comes_takes_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As soon as a module is called ir, the rows of ir are its own."""
    path = written(tmp_path, "film.dx", "##TITLE= film\n##DATA TYPE= INFRARED SPECTRUM\n" + ROWS)
    monkeypatch.setattr(instruments, "__path__", [*instruments.__path__, str(tmp_path)])
    uvvis = Path(instruments.__path__[0]) / "uvvis" / "__init__.py"
    text = uvvis.read_text(encoding="utf-8").replace('name="uvvis"', 'name="ir"')
    text = text.replace('"absorbance", "transmittance"', '"type= infrared"')
    (tmp_path / "ir.py").write_text(text, encoding="utf-8")
    try:
        assert recognise(path) == "ir"
    finally:
        sys.modules.pop("epidot.instruments.ir", None)


def test_every_kind_has_a_mark_that_decides() -> None:
    for kind in KINDS:
        assert kind.title
        assert all(where in ("start", "head", "name", "file") for where, _, _ in kind.marks)


FOLDERS = {
    "xps": "XPS",
    "xrd": "XRD",
    "nmr": "NMR",
    "dosy": ("NMR", "DOSY"),
    "tem": "microscopy",
}
OWN = {
    "dosy": ("ser",),
    "nmr": ("fid", "1r", "data.1d"),
}  # the file that is read, where the others only lie beside it
# Two bare columns, a table of results, notes: nothing in them says what they are.
SILENT = ("CK.csv", "FeO_analyzed_results.csv", "title", "log", "text", "xy_text.txt")


@pytest.mark.parametrize("folder", FOLDERS)
def test_real_files_of_other_techniques(folder: str, shared_data: Path) -> None:
    files = [
        p
        for p in sorted((shared_data / folder).rglob("*"))
        if p.is_file() and p.suffix.lower() != ".md" and p.name != "LICENSE"
    ]
    if not files:
        pytest.skip("these files are absent")
    for path in files:
        silent = path.name in SILENT or "PbS" in path.name
        if folder in instruments.names() and path.name in OWN.get(folder, (path.name,)):
            assert silent or recognise(path) == folder
        else:
            with pytest.raises(InputError, match=None if silent else "looks like"):
                recognise(path)
        for technique in ("uvvis", "pl"):
            with pytest.raises(InputError):
                instruments.instrument(technique).read(path)
