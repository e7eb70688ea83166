"""Gatan DigitalMicrograph files, versions 3 and 4: a tree of tags, big-endian, with data of either order.

The layout is that of the public notes on the format (P. Cueva; G. Jefferis): groups of tags (code 20) and
data (code 21) that describe their own types.  Of many tags only pictures and their calibrations are kept.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any

import numpy as np

from epidot.errors import InputError
from epidot.instruments.tem.decoded import METRES, MOST_PIXELS, Read

_GROUP, _DATA, _END = 20, 21, 0
_STRUCT, _STRING, _ARRAY = 15, 18, 20
_SCALARS = {
    2: "i2",
    3: "i4",
    4: "u2",
    5: "u4",
    6: "f4",
    7: "f8",
    8: "u1",
    9: "i1",
    10: "u1",
    11: "i8",
    12: "u8",
}
# What the number DataType of a picture means.
_PIXELS = {
    1: "i2",
    2: "f4",
    6: "u1",
    7: "i4",
    9: "i1",
    10: "u2",
    11: "u4",
    12: "f8",
    14: "u1",
    39: "i8",
    40: "u8",
}
_DEEPEST = 40
_MOST_TAGS = 200_000
_SHORT = 4096  # values; a longer array is a picture and stays where it is


@dataclass(frozen=True)
class _Long:
    """A long array: its type, place and length."""

    kind: str
    start: int
    count: int


class _Tags:
    def __init__(self, raw: bytes, where: str) -> None:
        self.raw, self.where, self.at, self.seen = raw, where, 0, 0
        self.wide = self.take(">i") == 4
        self.take(">q" if self.wide else ">i")
        self.order = "<" if self.take(">i") == 1 else ">"

    def damaged(self, what: str) -> InputError:
        return InputError(f"a damaged DigitalMicrograph file: {what}", self.where, seen=f"byte {self.at}")

    def take(self, form: str) -> Any:
        size = struct.calcsize(form)
        self.need(size)
        (value,) = struct.unpack_from(form, self.raw, self.at)
        self.at += size
        return value

    def need(self, size: int) -> None:
        if size < 0 or self.at + size > len(self.raw):
            raise self.damaged("it ends too early")

    def count(self) -> int:
        return int(self.take(">q" if self.wide else ">i"))

    def group(self, depth: int = 0) -> dict[str, Any]:
        """One group; tags without a name get their number."""
        if depth > _DEEPEST:
            raise self.damaged("tags within tags without end")
        self.take(">h")
        found: dict[str, Any] = {}
        for i in range(self.count()):
            self.seen += 1
            if self.seen > _MOST_TAGS:
                raise self.damaged("too many tags")
            code = self.take(">b")
            if code == _END:
                break
            length = self.take(">H")
            self.need(length)
            name = self.raw[self.at : self.at + length].decode("latin-1") or str(i)
            self.at += length
            if self.wide:
                self.take(">q")
            if code == _GROUP:
                found[name] = self.group(depth + 1)
            elif code == _DATA:
                found[name] = self.data()
            else:
                raise self.damaged(f"a tag of code {code}")
        return found

    def data(self) -> Any:
        if self.raw[self.at : self.at + 4] != b"%%%%":
            raise self.damaged("a tag without its mark")
        self.at += 4
        n = self.count()
        if not 0 < n < 10_000:
            raise self.damaged("a type of impossible length")
        info = [self.count() for _ in range(n)]
        return self.value(info)

    def value(self, info: list[int]) -> Any:
        kind = info[0]
        if kind in _SCALARS:
            return self.take(self.order + np.dtype(_SCALARS[kind]).char)
        if kind == _STRUCT and len(info) >= 3 and len(info) >= 3 + 2 * info[2]:
            return [self.value([info[4 + 2 * i]]) for i in range(max(info[2], 0))]
        if kind == _STRING and len(info) > 1:
            return self.text(2 * info[1])
        if kind == _ARRAY and len(info) > 2:
            return self.array(info[1:-1], info[-1])
        raise self.damaged(f"a value of type {kind}")

    def text(self, size: int) -> str:
        self.need(size)
        piece = self.raw[self.at : self.at + size]
        self.at += size
        return piece.decode("utf-16-le" if self.order == "<" else "utf-16-be", errors="replace")

    def array(self, kind: list[int], count: int) -> Any:
        if kind[0] == _STRUCT and len(kind) >= 3:
            fields = [kind[4 + 2 * i] for i in range(max(kind[2], 0)) if 4 + 2 * i < len(kind)]
            size = sum(np.dtype(_SCALARS[f]).itemsize for f in fields if f in _SCALARS)
            self.need(size * count)
            self.at += size * count
            return None
        if kind[0] not in _SCALARS:
            raise self.damaged(f"an array of type {kind[0]}")
        form = _SCALARS[kind[0]]
        size = np.dtype(form).itemsize * count
        self.need(size)
        start = self.at
        self.at += size
        if count > _SHORT:
            return _Long(form, start, count)
        values = np.frombuffer(self.raw, np.dtype(self.order + form), count, start)
        return values.tobytes().decode("utf-16-le", errors="replace") if form == "u2" else values.tolist()


def read(raw: bytes, where: str, frame: int | None) -> Read:
    """The largest picture of the file (the first is a thumbnail).

    Raises
    ------
    InputError
        If the file is damaged, or holds no picture of plain numbers.
    """
    tags = _Tags(raw, where)
    tree = tags.group()
    images = tree.get("ImageList")
    found = [one for one in (images or {}).values() if isinstance(one, dict)]
    pictures = [one["ImageData"] for one in found if isinstance(one.get("ImageData"), dict)]
    sized = [(shape, one) for one in pictures if (shape := _shape(one)) is not None]
    if not sized:
        raise InputError("no picture in this DigitalMicrograph file", where)
    plain = [one for one in sized if one[1].get("DataType") in _PIXELS]
    shape, data = max(plain or sized, key=lambda one: one[0][0] * one[0][1])
    width, height, depth = shape
    if width * height > MOST_PIXELS:
        raise InputError("the picture is too large", where, seen=f"{width} x {height} pixels")
    if frame is not None and frame > depth:
        raise InputError("no such frame", where, seen=str(frame), remedy=f"the file has {depth}")
    form = _PIXELS.get(data.get("DataType", -1))
    if form is None:
        raise InputError(
            "a picture of complex numbers or colours",
            where,
            seen=f"type {data.get('DataType')}",
            remedy="export it as TIFF",
        )
    place = data.get("Data")
    size = np.dtype(form).itemsize
    start = place.start + ((frame or 1) - 1) * width * height * size if isinstance(place, _Long) else -1
    if start < 0 or start + width * height * size > len(raw):
        raise tags.damaged("the picture is shorter than it says")
    flat = np.frombuffer(raw, np.dtype(tags.order + form), width * height, start)
    scale, source = _scale(data)
    said = (
        ()
        if depth == 1 or frame
        else (f"the first of {depth} images of the file is taken; choose with --frame",)
    )
    return Read(
        flat.reshape(height, width).astype(np.float64), scale, source, said, {"format": "DigitalMicrograph"}
    )


def _shape(data: dict[str, Any]) -> tuple[int, int, int] | None:
    """Width, height and number of pictures."""
    sides = [v for v in data.get("Dimensions", {}).values() if isinstance(v, int)]
    if not 2 <= len(sides) <= 3 or min(sides) < 1:
        return None
    return sides[0], sides[1], sides[2] if len(sides) == 3 else 1


def _scale(data: dict[str, Any]) -> tuple[float | None, str]:
    axes = (
        data.get("Calibrations", {}).get("Dimension", {})
        if isinstance(data.get("Calibrations"), dict)
        else {}
    )
    first = axes.get("0", {}) if isinstance(axes, dict) else {}
    scale, unit = (first.get("Scale"), first.get("Units")) if isinstance(first, dict) else (None, None)
    if (
        isinstance(scale, float)
        and isinstance(unit, str)
        and scale > 0
        and unit.strip("\0 ").lower() in METRES
    ):
        return scale * METRES[unit.strip("\0 ").lower()], "Gatan's calibration"
    return None, ""
