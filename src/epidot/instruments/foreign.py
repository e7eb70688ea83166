"""Files of other techniques than the one asked for: how they are known and what they are called.

One row per kind, in the words of a header's ``marks``; nothing else is touched to add one.  Once there is an
instrument called as in ``technique``, its own marks tell which files it reads; the others send them to it.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from epidot.errors import InputError
from epidot.signal.storage import is_saved

Marks = Iterable[tuple[str, float, tuple[str, ...]]]

HEAD = 4096  # bytes that are looked at
# So much likeness to another kind, and more than to the instrument asked: the file is not that instrument's.
_DECISIVE = 9.0
SURE = 10.0  # a mark that only this kind carries
_TEXT = "export the spectrum as text (CSV)"
_AS_TIFF = "save it as TIFF with its scale, or as .dm4 or .emd"
_BESIDE = "give the fid or 1r beside it to `epidot measure nmr`"
_PICTURE = "export the spectrum itself as text (CSV), or give the numbers behind it"


@dataclass(frozen=True)
class Foreign:
    """One kind: the instrument that would read it (``""``: none ever), its name in words, marks, remedy."""

    technique: str
    title: str
    marks: tuple[tuple[str, float, tuple[str, ...]], ...]
    remedy: str | None = None


def _kind(technique: str, title: str, remedy: str | None = None, **marks: tuple[str, ...]) -> Foreign:
    return Foreign(technique, title, tuple((where, SURE, texts) for where, texts in marks.items()), remedy)


_BATCH = "a batch of epidot run"
# More than any content can weigh: a page about diffractograms is still a page.
_BY_NAME = 100.0


def _named(title: str, *endings: str, names: tuple[str, ...] = ()) -> Foreign:
    return Foreign("", title, (("ending", _BY_NAME, endings), ("file", _BY_NAME, names)))


KINDS: tuple[Foreign, ...] = (
    # x-ray photoelectrons
    Foreign(
        "xps", "VAMAS (XPS)", (("head", 60.0, ("vamas surface chemical analysis standard data transfer",)),)
    ),
    _kind(
        "xps",
        "XPS (photoelectron spectroscopy)",
        head=(
            "binding energy",
            "kinetic energy",
            "be/ev",
            "ke/ev",
            "specslab",
            "pass energy",
            "casaxps",
            "[region 1]",
        ),
    ),
    # x-ray diffraction
    _kind("xrd", "XRD (PANalytical .xrdml)", head=("<xrdmeasurement",)),
    _kind("xrd", "XRD (Bruker RAW)", start=("RAW1.01", "RAW4.00", "RAW2", "RAW \x00")),
    _kind("xrd", "XRD (Bruker UXD)", head=("_2thetacounts", "_2thetacps", "_steptime=")),
    _kind("xrd", "XRD (Bruker .brml)", head=("measurementcontainer.xml",), name=(".brml",)),
    _kind("xrd", "XRD (Rigaku)", head=("*ras_data_start", "data0/profile0.txt"), name=(".rasx",)),
    _kind(
        "xrd",
        "XRD (x-ray diffraction)",
        head=(
            "2theta",
            "2-theta",
            "2 theta",
            "two theta",
            "twotheta",
            "2\xc2\xb0th",
            "2th_deg",
            "2\xce\xb8",
            "2\xb8",
        ),
    ),
    # Raman and infrared
    _kind("raman", "Raman (Renishaw WiRE .wdf)", start=("WDF1",)),
    _kind(
        "raman",
        "Raman (Horiba LabSpec)",
        head=("#spectro (cm-", "axisunit[1]=1/cm", "axisunit[1]=\t1/cm", "<lsx_data>"),
    ),
    _kind(
        "raman",
        "Raman (WITec)",
        "for an emission spectrum of that microscope keep the two columns and name them: nm, counts",
        start=("//Exported ASCII-File", "WIT_PR06", "WIT^"),
    ),
    _kind("raman", "Raman", head=("raman shift", "_raman_", "ramanshift", "type= raman", "type=raman")),
    Foreign("raman", "Raman", (("head", 4.0, ("raman",)), ("name", 4.0, ("raman",)))),
    _kind("ir", "infrared (JCAMP-DX)", head=("type= infrared", "type=infrared")),
    # magnetic resonance
    _kind("nmr", "NMR (JCAMP-DX)", head=("type= nmr", "type=nmr")),
    _kind(
        "",
        "NMR parameters (Bruker)",
        _BESIDE,
        head=("##$bf1=", "##$sw_p=", "##$aq_mod", "uxnmr", "##$si="),
        file=("pulseprogram",),
    ),
    _kind("", "NMR data without their real part", _BESIDE, file=("1i", "2rr", "2ri", "2ir", "2ii")),
    _kind("", "NMR parameters", _BESIDE, file=("procpar", "acqu.par")),
    _kind("nmr", "NMR (processed data)", file=("1r",)),
    _kind("nmr", "NMR (time-domain data)", file=("fid", "data.1d")),
    _kind("dosy", "NMR (time-domain data of many spectra)", file=("ser",)),
    _kind("", "NMR (data in two dimensions)", file=("data.2d",)),
    _kind(
        "",
        "a list of gradients of diffusion NMR",
        "give the ser beside it to `epidot measure dosy`",
        head=("<xvalues>",),
        file=("difflist", "diff.xml"),
    ),
    # microscopes
    _kind("tem", "microscopy (DigitalMicrograph)", start=("\0\0\0\3\0", "\0\0\0\4\0")),
    Foreign("", "microscopy (MRC)", (("name", 5.0, (".mrc",)), ("head", 5.0, ("map ",))), _AS_TIFF),
    _kind("", "microscopy (FEI .ser)", _AS_TIFF, start=("II\x97\x01",)),
    _kind("tem", "a picture (TIFF)", _PICTURE, start=("II*\0", "MM\0*", "II+\0", "MM\0+")),
    _kind("tem", "a picture (PNG)", _PICTURE, start=("\x89PNG",)),
    _kind("tem", "a picture (JPEG)", _PICTURE, start=("\xff\xd8\xff",)),
    _kind("tem", "a picture (GIF)", _PICTURE, start=("GIF8",)),
    Foreign("tem", "a picture (BMP)", (("start", 5.0, ("BM",)), ("name", 5.0, (".bmp",))), _PICTURE),
    # containers and programs
    _kind(
        "",
        _BATCH,
        "epidot simulate shows what an instrument would see of its dots",
        head=("epidot-batch/",),
    ),
    Foreign("", "an HDF5 or netCDF file", (("start", 9.0, ("\x89HDF", "CDF\1", "CDF\2")),), _TEXT),
    _kind(
        "",
        "a TimeHarp or HydraHarp file of an old format",
        "export the histogram as text, or save it as .phd",
        start=("TimeHarp ", "HydraHarp\0"),
    ),
)


# What lies beside data: recognised as such; a reader that is given one says better what is wrong with it.
BESIDE: tuple[Foreign, ...] = (
    _named(
        "a text to read",
        ".md",
        ".rst",
        ".tex",
        ".html",
        ".htm",
        names=("license", "licence", "readme", "copying", "license.txt", "readme.txt", "notes.txt"),
    ),
    _named("a program", ".py", ".ipynb", ".m", ".jl", ".sh"),
    _named("settings or a record of a program", ".json", ".yaml", ".yml", ".toml", ".log", ".ini"),
    _named("the atoms of a structure", ".xyz", ".extxyz", ".cif", ".pdb"),
)


def likeness(marks: Marks, head: bytes, name: str) -> float:
    """How well marks (as in :class:`Header`) fit the first bytes and the name of a file."""
    encoding = "utf-16" if head.startswith((b"\xff\xfe", b"\xfe\xff")) else "latin-1"
    text = head.decode(encoding, errors="replace")
    places = {"head": text.lower(), "name": name.lower()}
    total = 0.0
    for where, weight, texts in marks:
        for mark in texts:
            if where == "start":
                hit = text.removeprefix("\xef\xbb\xbf").startswith(mark)
            elif where == "file":
                hit = name.lower() == mark
            elif where == "ending":
                hit = name.lower().endswith(mark)
            else:
                hit = mark.lower() in places[where]
            total += weight if hit else 0.0
    return total


def foreign(head: bytes, name: str) -> tuple[Foreign, float] | None:
    """The kind that fits best, and how well; ``None`` if none does."""
    return _best((*KINDS, *BESIDE), head, name)


def _best(kinds: Iterable[Foreign], head: bytes, name: str) -> tuple[Foreign, float] | None:
    found = [(kind, likeness(kind.marks, head, name)) for kind in kinds]
    best = max(found, key=lambda one: one[1])
    return best if best[1] > 0 else None


def is_batch(path: str | Path) -> bool:
    """Whether a file is what ``epidot run`` leaves."""
    try:
        with open(path, "rb") as opened:
            found = foreign(opened.read(HEAD), Path(path).name)
    except (OSError, ValueError):
        return False
    return found is not None and found[0].title == _BATCH


def refuse(path: str | Path, technique: str, own: Marks) -> None:
    """Refuse a file that is clearly of another kind, for the instrument ``technique`` with the marks ``own``.

    A file that cannot be looked at (none there, a pipe) is left to the reader.

    Raises
    ------
    InputError
        Naming what it looks like.
    """
    try:
        if not os.path.isfile(path):
            return
        with open(path, "rb") as opened:
            head = opened.read(HEAD)
    except (OSError, ValueError):
        return
    if is_saved(head):  # says itself what it is
        return
    name = Path(path).name
    found = _best((kind for kind in KINDS if kind.technique != technique), head, name)
    if found is not None and found[1] >= max(_DECISIVE, likeness(own, head, name)):
        raise not_read(found[0], str(path))


def not_read(kind: Foreign, where: str) -> InputError:
    """What to tell of a file of that kind."""
    if has_instrument(kind.technique):
        remedy = f"measure it as {kind.technique}"
        return InputError(f"looks like {kind.title}", where, remedy=remedy)
    yet = " yet" if kind.technique else ""
    what = f"looks like {kind.title}; no instrument of epidot reads it{yet}"
    return InputError(what, where, remedy=kind.remedy)


def has_instrument(technique: str) -> bool:
    """Whether some instrument reads the files of ``technique``."""
    return bool(technique) and importlib.util.find_spec(f"epidot.instruments.{technique}") is not None
