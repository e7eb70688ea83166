"""Column heads of data files -> name and unit: ``Wavelength (nm)``, ``Abs / a.u.``, ``Energy [eV]``."""

from __future__ import annotations

import re

from epidot.signal.rows import COMMENT, split_cells

_SPELLINGS: dict[str, tuple[str, ...]] = {
    "nm": ("nm", "nanometer", "nanometers", "nanometre", "nanometres"),
    "µm": ("um", "µm", "μm", "micron", "microns", "micrometer", "micrometre"),
    "Å": ("å", "ang", "angstrom", "angstroms", "ångström"),
    "eV": ("ev", "electronvolt", "electronvolts"),
    "cm-1": ("cm-1", "cm^-1", "cm⁻¹", "1/cm", "cm−1", "wavenumber", "wavenumbers"),
    "s": ("s", "sec", "second", "seconds"),
    "ms": ("ms",),
    "µs": ("us", "µs", "μs"),
    "ns": ("ns", "nanosecond", "nanoseconds"),
    "ps": ("ps", "picosecond", "picoseconds"),
    "min": ("min", "minutes"),
    "degree": ("°", "deg", "degree", "degrees", "2theta", "° 2theta"),
    "a.u.": ("a.u.", "a.u", "au", "a. u.", "arb. units", "arb. u.", "arb.units", "arb", "arbitrary units"),
    "absorbance": ("abs", "abs.", "absorbance", "o.d.", "od", "a", "absorbance units", "absorbance (au)"),
    "%": ("%", "%t", "% t", "t%", "t %", "percent", "transmittance (%)"),
    "counts": ("counts", "count", "cts", "photons"),
    "counts/s": ("cps", "cts/s", "counts/s", "counts per second", "hz", "kcps"),
    "µA": ("µa", "μa", "ua", "microamp", "microamps", "microampere"),
    "V": ("v", "volt", "volts"),
    "mV": ("mv",),
    "": ("1", "-", "dimensionless", "none"),
}
_UNITS = {spelling: unit for unit, spellings in _SPELLINGS.items() for spelling in spellings}
# Spellings that are names of axes rather than units when they stand alone as a column head.
_AXIS_WORDS = {
    "wavelength": "nm",
    "wave length": "nm",
    "wellenlänge": "nm",
    "longueur d'onde": "nm",
    "lambda": "nm",
    "λ": "nm",
    "wl": "nm",
    "energy": "eV",
    "photon energy": "eV",
    "wavenumber": "cm-1",
    "wavenumbers": "cm-1",
    "raman shift": "cm-1",
}
# Units that name a column by themselves ("nm,Abs") and those that mark the axis of a spectrum.
SPECTRAL_UNITS = ("nm", "µm", "Å", "eV", "cm-1")
_BRACKETS = {")": "(", "]": "["}
_ROW_NUMBERS = ("", "index", "no", "nr", "n", "point", "points", "pt", "row", "#", "id")
# "In 3d binding energy", "BE In3d": the axis of a region of XPS, called by it.
_ENERGY = r"(?P<kind>binding energy|b\.?e\.?|kinetic energy|k\.?e\.?)"
_REGION = re.compile(
    rf"^(?:{_ENERGY}(?:[\s_:(/-].*)?|.*[\s_:)-]{_ENERGY.replace('kind', 'after')})$", re.IGNORECASE
)
_MAX_HEAD = 200  # a longer cell is prose, not a column's name
_SUFFIX = re.compile(r"[_ ](nm|eV|ns|ps|cm-1|um|s)\.?$")  # with a point: Shimadzu


def unit(text: str) -> str | None:
    """The unit meant by ``text`` in epidot's spelling, or ``None`` if it is not a unit known here."""
    return _UNITS.get(" ".join(text.strip().lower().split()))


def split_head(cell: str) -> tuple[str, str]:
    """Name and unit (``""`` = not given) of a column head; unknown brackets stay part of the name."""
    head = " ".join(cell.strip().strip("\"'").split())
    if not head or len(head) > _MAX_HEAD:
        return head[:_MAX_HEAD], ""
    opening = _BRACKETS.get(head[-1])
    if opening is not None and opening in head:
        at = head.rfind(opening)
        found = unit(head[at + 1 : -1])
        if found is not None:
            return head[:at].rstrip(" ,/") or found, found
    for separator in ("/", ",", ":"):
        at = head.rfind(separator)
        if at > 0 and (found := unit(head[at + 1 :])) is not None:
            return head[:at].strip(), found
    if "1/cm" in head.lower():
        return head, "cm-1"
    suffix = _SUFFIX.search(head)
    # "Run 2 60 s" is the name of a sample taken at 60 s, not a column in seconds.
    if suffix is not None and not head[: suffix.start()].strip()[-1:].isdigit():
        return head[: suffix.start()].strip(), unit(suffix[1]) or ""
    alone = unit(head)
    return head, alone if alone is not None and len(head) > 1 else ""


def is_units_row(cells: list[str]) -> bool:
    """Whether every filled cell of a head line is a unit or a ratio of units (in brackets or not)."""
    filled = [c.strip().strip("()[]") for c in cells if c.strip()]
    return bool(filled) and all(_is_unit(c) for c in filled)


def _is_unit(text: str) -> bool:
    return unit(text) is not None or ("/" in text and all(unit(part) is not None for part in text.split("/")))


def spectral_unit(name: str, given: str) -> str | None:
    """The spectral unit of a column by its unit, else its name; ``None`` if it is no such axis."""
    if given in SPECTRAL_UNITS:
        return given
    low = name.strip().lower().rstrip(".:")
    if given == "" and low in _AXIS_WORDS:
        return _AXIS_WORDS[low]
    return None


def is_axis(name: str, given: str) -> bool:
    """Whether a column head names an axis of the kind repeated in column pairs (x, y, x, y)."""
    low = name.strip().lower()
    return spectral_unit(name, given) is not None or (
        given in ("s", "ms", "µs", "ns", "ps", "min") and low.startswith(("time", "t", "delay"))
    )


def column_names(lines: list[str], width: int, delimiter: str) -> list[tuple[str, str]]:
    """Name and unit of every column from the head lines; unnamed ones become ``column 2`` ..."""
    heads = [
        cells
        for line in [t for t in lines[-40:] if t.strip()][-4:]
        if (cells := _head_row(line, width, delimiter)) is not None
    ]
    names = [""] * width
    units = [""] * width
    comments: list[str] = []
    if len(heads) > 2 and is_units_row(heads[-2]) and not is_units_row(heads[-3]):
        comments = heads.pop()  # as Origin writes them: long names, units, comments
    if heads and is_units_row(heads[-1]) and len(heads) > 1 and not is_units_row(heads[-2]):
        units = [unit(c.strip("()[] ")) or "" for c in heads.pop()]
    if heads:
        split = [split_head(c) for c in heads[-1]]
        names = [name for name, _ in split]
        units = [given or u for (_, given), u in zip(split, units, strict=True)]
        repeated = len({n.lower() for n in names if n}) < len([n for n in names if n])
        if repeated and len(heads) > 1:
            names = _with_sample_names(names, units, heads[-2])
    if comments:
        names = _with_comments(names, units, comments)
    stated = stated_heads(lines)
    for i in range(width) if stated else ():  # beats whatever the last head lines look like
        name, given = stated.get("x" if i == 0 else "y", ("", ""))
        if width == 2 or not (names[i] or units[i]):
            names[i], units[i] = name, given
        elif i and not units[i]:
            units[i] = given
    return [(name or f"column {i + 1}", u) for i, (name, u) in enumerate(zip(names, units, strict=True))]


def _with_sample_names(names: list[str], units: list[str], samples: list[str]) -> list[str]:
    """Names of samples written one line higher, over each pair of columns (as Cary instruments do)."""
    out, sample = list(names), ""
    for i, (name, u) in enumerate(zip(names, units, strict=True)):
        if samples[i]:
            sample = " ".join(samples[i].split())
        if sample and not is_axis(name, u):
            out[i] = sample
    return out


def _with_comments(names: list[str], units: list[str], comments: list[str]) -> list[str]:
    """Every value column with the comment that stands over it or over the axis before it."""
    out, comment = list(names), ""
    for i, (name, u) in enumerate(zip(names, units, strict=True)):
        if comments[i]:
            comment = " ".join(comments[i].split())
        if comment and not is_axis(name, u):
            out[i] = f"{name} {comment}".strip()
    return out


def _head_row(line: str, width: int, delimiter: str) -> list[str] | None:
    """The cells of a head line if it can be one of ``width`` columns, else ``None``."""
    stripped = line.strip()
    for mark in COMMENT:
        if stripped.startswith(mark) and mark != "'":
            stripped = stripped.lstrip(mark).strip()
            line = stripped
            break
    splits: list[list[str]] = []
    if delimiter == " ":
        splits.append([c for c in stripped.replace("\t", "  ").split("  ") if c.strip()])
        splits.append(stripped.split("\t"))
        splits.append(stripped.split(","))
        splits.append(stripped.split())
    else:
        splits.append(split_cells(line, delimiter))
    for cells in splits:
        cells = [c.strip() for c in cells]
        filled = [c for c in cells if c]
        if len(filled) > width or len(cells) > width + 2 or any(cells[width:]):
            continue
        if len(cells) == width and len(filled) >= 2:
            return cells
        if delimiter != " " and len(filled) >= 2 and len(cells) >= max(2, width - 1):
            return (cells + [""] * width)[:width]
    return None


def numbers_rows(name: str, i: int) -> bool:
    """Whether the head ``name`` of column ``i`` says no more than that the column may number the rows."""
    return name.lower().rstrip(".:") in _ROW_NUMBERS or name == f"column {i + 1}"


def first_axis(names: list[tuple[str, str]]) -> int:
    """Index of the axis: 0, or a later column if those before it only number the rows."""
    for i, (name, given) in enumerate(names[:3]):
        if is_axis(name, given):
            return i if i < len(names) - 1 else 0
        if not numbers_rows(name, i):
            return 0
    return 0


def is_next_axis(names: list[tuple[str, str]], i: int) -> bool:
    """Whether column ``i`` repeats the axis of the first one and so starts a new pair x, y.

    The axes of XPS may name their region: "In 3d binding energy", "BE In3d".
    """
    name, given = names[first_axis(names)]
    mine, first = _energy(names[i][0]) or names[i][0].lower(), _energy(name) or name.lower()
    again = (mine, names[i][1]) == (first, given)
    axis = is_axis(name, given) or _energy(name) is not None
    return first_axis(names) < i < len(names) - 1 and axis and again


def _energy(name: str) -> str | None:
    """``b`` or ``k`` where a head names a binding or a kinetic energy, perhaps with its region."""
    hit = _REGION.match(name.strip())
    return None if hit is None else str(hit["kind"] or hit["after"])[0].lower()


# JASCO and JCAMP-DX: "XUNITS  NANOMETERS", "##YUNITS= TRANSMITTANCE"; Edinburgh: "XAxis,Wavelength"; Ocean
# Optics: "XAxis mode: Wavelengths".
_STATED = re.compile(
    r"^\W*(?P<key>[XY]UNITS|[XY]AXIS(?:\s+mode)?)\s*[:=\t, ]\s*(?P<value>[^,;]+?)[,;\s]*$", re.IGNORECASE
)
_PERKIN_ELMER = "#GR"  # its two next lines are the units of axis and values


def stated_heads(lines: list[str]) -> dict[str, tuple[str, str]]:
    """Name and unit of the axis (``x``) and the values (``y``) that a head states for the whole file."""
    said = [
        (match["key"][0].lower(), " ".join(match["value"].split()))
        for match in map(_STATED.match, lines)
        if match is not None
    ]
    if lines and lines[0].startswith("PE UV") and _PERKIN_ELMER in lines[:-2]:
        at = lines.index(_PERKIN_ELMER)
        said += [("x", lines[at + 1].strip()), ("y", lines[at + 2].strip())]
    found: dict[str, tuple[str, str]] = {}
    for key, value in said:
        known = unit(value.strip("()[]")) or ""
        spectral = spectral_unit(value.rstrip("s"), known)
        if key == "x" and spectral is not None:
            found[key] = ("wavelength" if spectral in ("nm", "µm", "Å") else value.lower(), spectral)
        else:
            found[key] = (value.lower(), known)
    return found
