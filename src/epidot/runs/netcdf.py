"""Arrays with named axes as netCDF4 and back, by h5netcdf alone.

xarray opens these files too; it is not loaded for them, since that takes pandas with it and longer than to
write a run.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

_BOOL = "bool"  # what netCDF has not is a byte with this note, as xarray writes it


@dataclass(frozen=True)
class Variable:
    """An array and the names of its axes; ``packed`` says that it is worth compressing.

    ``values`` may be text (numpy's ``U`` or objects); ``attributes``, such as its unit, are said of it in
    the file.
    """

    axes: tuple[str, ...]
    values: NDArray[Any]
    packed: bool = False
    attributes: Mapping[str, str] = field(default_factory=dict)


def to_bytes(variables: Mapping[str, Variable], attributes: Mapping[str, str]) -> bytes:
    """A file of ``variables`` and ``attributes``, the same bits every time."""
    import h5netcdf
    import h5py

    # In memory: on a full disk the library would crash instead of raising an error.
    buffer = io.BytesIO()
    with h5netcdf.File(buffer, "w") as file:
        file.attrs.update(attributes)
        for name, one in variables.items():
            values = np.asarray(one.values)
            for axis, length in zip(one.axes, values.shape, strict=True):
                if axis not in file.dimensions:
                    file.dimensions[axis] = length
            plain = values.astype(np.int8) if values.dtype == np.bool_ else values
            packing: dict[str, Any] = {"compression": "gzip", "compression_opts": 4} if one.packed else {}
            kind: Any = plain.dtype
            if kind.kind in "UO":
                kind, plain = h5py.string_dtype(), plain.astype(object)
            made = file.create_variable(name, one.axes, dtype=kind, data=plain, **packing)
            made.attrs.update(one.attributes)
            if values.dtype == np.bool_:
                made.attrs["dtype"] = _BOOL
    return buffer.getvalue()


def from_bytes(raw: bytes) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """Variables and attributes of a file.

    Raises
    ------
    ValueError
        If it is not netCDF4.
    """
    import h5netcdf

    try:
        with h5netcdf.File(io.BytesIO(raw), "r") as file:
            found = {}
            for name, one in file.variables.items():
                values = np.asarray(one[...])
                found[str(name)] = values.astype(np.bool_) if one.attrs.get("dtype") == _BOOL else values
            return found, dict(file.attrs)
    except Exception as error:  # h5py and h5netcdf raise many kinds on files that are not netCDF
        raise ValueError(type(error).__name__) from None
