"""HDF5 files of microscopes: Velox (Thermo Fisher) and the open Berkeley layout."""

from __future__ import annotations

import io
import json
from typing import Any

import h5py
import numpy as np

from epidot.errors import InputError
from epidot.instruments.tem.decoded import METRES, MOST_PIXELS, Read

_MOST_METADATA = 10_000_000  # bytes


def read(raw: bytes, where: str, frame: int | None) -> Read:
    """The image in an .emd file.

    Raises
    ------
    InputError
        If the file is damaged, or holds no image.
    """
    try:
        with h5py.File(io.BytesIO(raw), "r") as file:
            found = _velox(file, where, frame) or _berkeley(file, where, frame)
    except InputError:
        raise
    except Exception as error:  # whatever a damaged tree makes the library say
        seen = f"{type(error).__name__}: {error}"[:120]
        raise InputError("not an HDF5 file that can be read, or damaged", where, seen=seen) from None
    if found is None:
        raise InputError("no image in this HDF5 file", where, remedy="export it as TIFF")
    return found


def _velox(file: Any, where: str, frame: int | None) -> Read | None:
    images = file.get("Data/Image")
    if not isinstance(images, h5py.Group):
        return None
    for one in images.values():
        data = one.get("Data") if isinstance(one, h5py.Group) else None
        if not isinstance(data, h5py.Dataset) or data.ndim != 3:
            continue
        scale = None
        if isinstance(one.get("Metadata"), h5py.Dataset) and one["Metadata"].size < _MOST_METADATA:
            text = bytes(np.asarray(one["Metadata"])[:, 0]).split(b"\0", 1)[0]
            result = json.loads(text).get("BinaryResult", {})
            unit = METRES.get(str(result.get("PixelUnitX", "")).lower())
            size = float(result.get("PixelSize", {}).get("width", 0))
            scale = size * unit if unit and size > 0 else None
        return _one(data, (0, 1), 2, where, frame, scale, "Velox's PixelSize")
    return None


def _berkeley(file: Any, where: str, frame: int | None) -> Read | None:
    groups: list[Any] = []
    file.visititems(lambda _, one: groups.append(one) if _is_berkeley(one) else None)
    for one in groups:
        data = one["data"]
        if data.ndim not in (2, 3):
            continue
        rows = data.ndim - 2  # of a stack the first axis counts pictures
        axis = one.get(f"dim{rows + 2}")
        scale = None
        if isinstance(axis, h5py.Dataset) and 2 <= axis.size < _MOST_METADATA:
            unit = axis.attrs.get("units", "")
            text = unit.decode("utf-8", "replace") if isinstance(unit, bytes) else str(unit)
            factor = METRES.get(text.strip("[] ").replace("_", "").lower())
            step = float(np.diff(np.asarray(axis[:2], dtype=np.float64))[0])
            scale = step * factor if factor and step > 0 else None
        return _one(data, (rows, rows + 1), 0 if rows else None, where, frame, scale, "the axis of the data")
    return None


def _is_berkeley(one: Any) -> bool:
    return (
        isinstance(one, h5py.Group)
        and one.attrs.get("emd_group_type", 0) == 1
        and isinstance(one.get("data"), h5py.Dataset)
    )


def _one(
    data: Any,
    axes: tuple[int, int],
    stack: int | None,
    where: str,
    frame: int | None,
    scale: float | None,
    source: str,
) -> Read:
    height, width = (int(data.shape[i]) for i in axes)
    if height * width > MOST_PIXELS or height * width == 0:
        raise InputError("the picture is too large, or empty", where, seen=f"{width} x {height} pixels")
    many = 1 if stack is None else int(data.shape[stack])
    if (frame is not None and frame > many) or many < 1:
        raise InputError("no such frame", where, seen=str(frame or 1), remedy=f"the file has {many}")
    at: list[Any] = [slice(None)] * data.ndim
    if stack is not None:
        at[stack] = (frame or 1) - 1
    if data.dtype.kind not in "iuf":
        raise InputError("the picture is not of plain numbers", where, seen=str(data.dtype))
    values = np.asarray(data[tuple(at)], dtype=np.float64)
    said = (
        ()
        if many == 1 or frame
        else (f"the first of {many} images of the file is taken; choose with --frame",)
    )
    return Read(values, scale, source if scale else "", said, {"format": "HDF5 (EMD)"})
