"""TIFF, PNG, JPEG and other pictures, with the scales that microscopes and ImageJ leave in a TIFF."""

from __future__ import annotations

import io
import re
import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from epidot.errors import InputError
from epidot.instruments.tem.decoded import METRES, MOST_PIXELS, Read

Array = NDArray[np.float64]
_FORMATS = ("TIFF", "PNG", "JPEG", "BMP", "GIF")
_X_RESOLUTION, _RESOLUTION_UNIT, _DESCRIPTION = 282, 296, 270
_GATAN_UNIT, _GATAN_SCALE = 65003, 65009
_FEI = (34680, 34682)
_PER_UNIT = {2: 2.54e7, 3: 1e7}  # nm in an inch, in a centimetre
_PRINTED = 1e3  # nm: a coarser "pixel" is a dot on paper, not a place on a film


def read(raw: bytes, where: str, frame: int | None) -> Read:
    """The picture in ``raw``.

    Raises
    ------
    InputError
        If it cannot be decoded, is too large, or has no such frame.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(raw), formats=_FORMATS) as picture:
                return _decoded(picture, where, frame)
    except InputError:
        raise
    except MemoryError:
        raise InputError("the picture needs more memory than there is", where) from None
    except Exception as error:  # a decoder meets hostile bytes in any way it likes
        seen = f"{type(error).__name__}: {error}"[:120]
        raise InputError(
            "not a picture that can be read, or damaged",
            where,
            seen=seen,
            remedy="save it as TIFF of 8, 16 or 32 bits",
        ) from None


def _decoded(picture: Any, where: str, frame: int | None) -> Read:
    frames = int(getattr(picture, "n_frames", 1))
    said: list[str] = []
    if frame is not None and frame > frames:
        raise InputError("no such frame", where, seen=str(frame), remedy=f"the file has {frames}")
    picture.seek((frame or 1) - 1)
    if frames > 1 and frame is None:
        said.append(f"the first of {frames} images of the file is taken; choose with --frame")
    width, height = picture.size
    if width * height > MOST_PIXELS:
        raise InputError(
            "the picture is too large",
            where,
            seen=f"{width} x {height} pixels",
            remedy=f"cut a part of at most {MOST_PIXELS / 1e6:.0f} million pixels from it",
        )
    scale, source = _scale(picture)
    if picture.format == "JPEG":
        said.append("JPEG smears outlines: use the original file for sizes")
    values = _grey(picture, said)
    meta = {"format": str(picture.format), "mode": str(picture.mode)}
    return Read(values, scale, source, tuple(said), meta)


def _grey(picture: Any, said: list[str]) -> Array:
    mode = picture.mode
    if mode in ("P", "PA", "1", "CMYK", "YCbCr", "LAB", "HSV", "RGBX"):
        picture = picture.convert("L" if mode == "1" else "RGB")
    values = np.asarray(picture)
    if values.ndim == 3:
        colour = values[..., :3].astype(np.float64) if picture.mode not in ("LA", "La") else values[..., :1]
        if np.any(colour.max(axis=2) != colour.min(axis=2)):
            said.append("a coloured picture: its brightness is taken")
            return np.asarray(colour @ np.array([0.299, 0.587, 0.114]))
        values = colour[..., 0]
    return np.asarray(values, dtype=np.float64)


def _scale(picture: Any) -> tuple[float | None, str]:
    """nm per pixel, and where it stands in the file."""
    tags = getattr(picture, "tag_v2", None)
    if tags is None:
        return _on_paper(picture.info.get("dpi"), 2)
    description = str(tags.get(_DESCRIPTION, ""))
    resolution = _number(tags.get(_X_RESOLUTION))
    if description.startswith("ImageJ="):
        unit = re.search(r"^unit=(\S+)", description, re.MULTILINE)
        name = _plain(unit[1]) if unit else ""
        if resolution and name in METRES:
            return METRES[name] / resolution, "ImageJ's unit and the resolution tag"
        if name in ("inch", "pixel", ""):
            return None, ""
    gatan = _number(tags.get(_GATAN_SCALE))
    unit_ = _plain(str(tags.get(_GATAN_UNIT, "")))
    if gatan and unit_ in METRES:
        return gatan * METRES[unit_], "Gatan's tags"
    for tag in _FEI:
        found = re.search(r"^PixelWidth\s*=\s*([\d.eE+-]+)", _text(tags.get(tag)), re.MULTILINE)
        metres = _number(found[1]) if found else None
        if metres:
            return metres * METRES["m"], "FEI's PixelWidth"
    if resolution:
        return _on_paper((resolution, resolution), tags.get(_RESOLUTION_UNIT, 2))
    return None, ""


def _on_paper(resolution: Any, unit: Any) -> tuple[float | None, str]:
    """A resolution per inch or centimetre, unless it is one of print."""
    first = _number(resolution[0]) if isinstance(resolution, tuple) and resolution else None
    if first and unit in _PER_UNIT and (found := _PER_UNIT[unit] / first) < _PRINTED:
        return found, "the resolution tag"
    return None, ""


def _plain(unit: str) -> str:
    return unit.strip("\0 \"'").replace("\\u00B5", "µ").replace("\\u00C5", "Å").lower()


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value or "")


def _number(value: Any) -> float | None:
    """A finite number above zero."""
    try:
        number = float(value[0] if isinstance(value, tuple) else value)
    except (TypeError, ValueError, IndexError, ZeroDivisionError):
        return None
    return number if np.isfinite(number) and number > 0 else None
