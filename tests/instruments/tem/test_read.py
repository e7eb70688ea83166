"""Files of images: every scale known or asked for, hostile files refused in time and in little memory."""

from __future__ import annotations

import io
import resource
import struct
import time
from pathlib import Path

import h5py
import numpy as np
import pytest
from PIL import Image, TiffImagePlugin

from epidot.errors import InputError
from epidot.instruments import tem
from epidot.instruments.tem.files import length_of_a_pixel

GREY = np.add.outer(np.arange(40), 3 * np.arange(50)).astype(np.uint8)


def saved(
    tmp_path: Path,
    name: str,
    values: np.ndarray = GREY,
    tags: dict[int, object] | None = None,
    **more: object,
) -> Path:
    path = tmp_path / name
    info = TiffImagePlugin.ImageFileDirectory_v2()
    for tag, value in (tags or {}).items():
        info[tag] = value
        if isinstance(value, float):
            info.tagtype[tag] = 12 if tag > 60000 else 5
    keywords = {"tiffinfo": info} if tags else {}
    Image.fromarray(values).save(path, **keywords, **more)
    return path


@pytest.mark.parametrize(
    ("text", "nm"),
    [
        ("0.1nm", 0.1),
        ("1.2 A", 0.12),
        ("0.1 nm/px", 0.1),
        ("50nm/400px", 0.125),
        ("0.05 µm / 400 pixels", 0.125),
    ],
)
def test_a_scale_in_words(text: str, nm: float) -> None:
    assert length_of_a_pixel(text, "f") == pytest.approx(nm)


@pytest.mark.parametrize("text", ["0.1", "nm", "1 m", "-1nm", "5nm/0px", "0.1 s"])
def test_no_scale_in_words(text: str) -> None:
    with pytest.raises(InputError, match="pixel"):
        length_of_a_pixel(text, "f")


def test_a_silent_file_is_asked_for_its_scale(tmp_path: Path) -> None:
    path = saved(tmp_path, "a.png")
    with pytest.raises(InputError, match=r"does not say how long a pixel is; give it: --scale"):
        tem.read(path)
    signal = tem.read(path, scale="50nm/100px")
    assert signal.meta["scale_nm"] == 0.5
    assert signal.meta["scale_from"] == "given"
    assert np.array_equal(signal.y, GREY)
    assert signal.x[-1] == pytest.approx(0.5 * 49)


@pytest.mark.parametrize(
    ("tags", "nm", "source"),
    [
        ({270: "ImageJ=1.51a\nunit=nm\n", 282: 5.0, 296: 1}, 0.2, "ImageJ"),
        ({270: "ImageJ=1.51a\nunit=micron\n", 282: 5000.0, 296: 1}, 0.2, "ImageJ"),
        ({65003: "nm", 65009: 0.25}, 0.25, "Gatan"),
        ({34682: "[Scan]\r\nPixelWidth=1.5e-010\r\n"}, 0.15, "FEI"),
        ({282: 1e8, 283: 1e8, 296: 3}, 0.1, "resolution"),
    ],
)
def test_scales_in_tiff(tags: dict[int, object], nm: float, source: str, tmp_path: Path) -> None:
    signal = tem.read(saved(tmp_path, "a.tif", tags=tags))
    assert signal.meta["scale_nm"] == pytest.approx(nm)
    assert source in signal.meta["scale_from"]


def test_the_resolution_of_print_is_no_scale(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not say"):
        tem.read(saved(tmp_path, "a.tif", tags={282: 72.0, 283: 72.0, 296: 2}))


def test_two_scales_that_differ_are_both_named(tmp_path: Path) -> None:
    path = saved(tmp_path, "a.tif", tags={65003: "nm", 65009: 0.25})
    signal = tem.read(path, scale="0.2nm")
    assert signal.meta["scale_nm"] == 0.2
    assert any("0.25 nm per pixel" in w and "0.2 nm was asked for" in w for w in signal.warnings)


def test_palettes_depths_and_colours(tmp_path: Path) -> None:
    palette = Image.fromarray(GREY).convert("P")
    palette.putpalette([255 - i for i in range(256) for _ in range(3)])
    palette.save(tmp_path / "p.tif")
    assert np.array_equal(tem.read(tmp_path / "p.tif", scale="1nm").y, 255.0 - palette_indices(palette))
    deep = GREY.astype(np.uint16) * 257
    assert np.array_equal(tem.read(saved(tmp_path, "d.tif", deep), scale="1nm").y, deep)
    real = GREY / 7.0
    assert np.allclose(
        tem.read(saved(tmp_path, "f.tif", real.astype(np.float32)), scale="1nm").y, real, rtol=1e-6
    )
    coloured = np.dstack([GREY, GREY[::-1], GREY])
    assert "coloured" in tem.read(saved(tmp_path, "c.png", coloured), scale="1nm").warnings[0]


def palette_indices(image: Image.Image) -> np.ndarray:
    return np.asarray(image).astype(float)


def digital_micrograph(values: np.ndarray, scale: float, unit: str, version: int = 3) -> bytes:
    """A file of the format with a thumbnail first, written from its public description."""
    wide = version == 4
    size = ">q" if wide else ">i"

    def number(n: int) -> bytes:
        return struct.pack(size, n)

    def tag(code: int, name: str, body: bytes) -> bytes:
        return (
            struct.pack(">bH", code, len(name)) + name.encode() + (number(len(body)) if wide else b"") + body
        )

    def group(*tags: bytes) -> bytes:
        return b"\1\0" + number(len(tags)) + b"".join(tags)

    def scalar(code: int, form: str, value: float) -> bytes:
        return b"%%%%" + number(1) + number(code) + struct.pack("<" + form, value)

    def array(code: int, data: bytes, count: int) -> bytes:
        return b"%%%%" + number(3) + number(20) + number(code) + number(count) + data

    def picture(values: np.ndarray, kind: int, code: int) -> bytes:
        sides = group(*(tag(21, "", scalar(5, "I", n)) for n in values.shape[::-1]))
        text = unit.encode("utf-16-le")
        axis = group(tag(21, "Scale", scalar(6, "f", scale)), tag(21, "Units", array(4, text, len(unit))))
        calibrations = group(tag(20, "Dimension", group(tag(20, "", axis), tag(20, "", axis))))
        data = group(
            tag(20, "Calibrations", calibrations),
            tag(21, "Data", array(code, values.tobytes(), values.size)),
            tag(21, "DataType", scalar(5, "I", kind)),
            tag(20, "Dimensions", sides),
        )
        return tag(20, "", group(tag(20, "ImageData", data)))

    thumbnail = picture(np.zeros((70, 90), "<i4"), 23, 3)
    tree = group(tag(20, "ImageList", group(thumbnail, picture(values, 11, 5))))
    return struct.pack(">i", version) + number(len(tree)) + struct.pack(">i", 1) + tree


@pytest.mark.parametrize("version", [3, 4])
def test_digital_micrograph(version: int, tmp_path: Path) -> None:
    values = np.arange(80 * 60, dtype="<u4").reshape(80, 60)
    path = tmp_path / f"a.dm{version}"
    path.write_bytes(digital_micrograph(values, 0.25, "nm", version))
    signal = tem.read(path)
    assert np.array_equal(signal.y, values)
    assert signal.meta["scale_nm"] == pytest.approx(0.25)


def test_emd(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "b.emd", "w") as file:
        group = file.create_group("data/image")
        group.attrs["emd_group_type"] = 1
        group["data"] = GREY
        for k, n in ((1, 40), (2, 50)):
            group[f"dim{k}"] = 0.3 * np.arange(n)
            group[f"dim{k}"].attrs["units"] = "[n_m]"
    assert tem.read(tmp_path / "b.emd").meta["scale_nm"] == pytest.approx(0.3)
    with h5py.File(tmp_path / "v.emd", "w") as file:
        file["Data/Image/x/Data"] = GREY[:, :, None]
        text = b'{"BinaryResult": {"PixelSize": {"width": "1e-10"}, "PixelUnitX": "m"}}'
        file["Data/Image/x/Metadata"] = np.frombuffer(text.ljust(200, b"\0"), np.uint8)[:, None]
    signal = tem.read(tmp_path / "v.emd")
    assert signal.meta["scale_nm"] == pytest.approx(0.1)
    assert np.array_equal(signal.y, GREY)


def hostile() -> dict[str, bytes]:
    png = io.BytesIO()
    Image.fromarray(GREY).save(png, "PNG")
    tif = io.BytesIO()
    Image.fromarray(GREY).save(tif, "TIFF", compression="tiff_lzw")
    bomb = bytearray(png.getvalue())
    bomb[16:24] = struct.pack(">II", 60_000, 60_000)
    dm3 = digital_micrograph(np.arange(80 * 60, dtype="<u4").reshape(80, 60), 0.25, "nm")
    huge = dm3.replace(struct.pack("<I", 80) + b"", struct.pack("<I", 2**31 - 1))
    deep = (
        struct.pack(">iii", 3, 100, 1) + (b"\1\0" + struct.pack(">i", 1) + struct.pack(">bH", 20, 0)) * 5000
    )
    many = (
        struct.pack(">iii", 3, 100, 1)
        + b"\1\0"
        + struct.pack(">i", 2**31 - 1)
        + (struct.pack(">bH", 20, 0) + b"\1\0" + struct.pack(">i", 0)) * 300_000
    )
    hdf = io.BytesIO()
    with h5py.File(hdf, "w") as file:
        file.create_dataset(
            "Data/Image/x/Data", (200_000, 200_000, 1), "u1", chunks=(1000, 1000, 1), compression="gzip"
        )
    many_pages = b"II*\0" + struct.pack("<I", 8) + struct.pack("<H", 0) + struct.pack("<I", 8)
    return {
        "cut.png": png.getvalue()[:60],
        "bomb.png": bytes(bomb),
        "cut.tif": tif.getvalue()[:-300],
        "round.tif": many_pages,
        "cut.dm3": dm3[: len(dm3) // 2],
        "huge.dm3": huge,
        "deep.dm3": deep,
        "many.dm3": many,
        "huge.emd": hdf.getvalue(),
        "cut.emd": hdf.getvalue()[:600],
    }


@pytest.mark.parametrize("name", list(hostile()))
def test_hostile_files_are_refused(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(hostile()[name])
    before, begin = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    with pytest.raises(InputError, match=name.split(".")[0]):
        tem.read(path, scale="0.1nm")
    assert time.process_time() - begin < 5
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 1_000_000


@pytest.mark.parametrize("seed", range(6))
def test_any_damage_ends_in_an_input_error_or_an_image(seed: int, tmp_path: Path) -> None:
    rng = np.random.default_rng(seed)
    tif = io.BytesIO()
    Image.fromarray(GREY).save(tif, "TIFF")
    whole = [
        digital_micrograph(np.arange(4800, dtype="<u4").reshape(80, 60), 0.25, "nm", v) for v in (3, 4)
    ] + [tif.getvalue()]
    for k in range(40):
        raw = bytearray(whole[k % 3])
        for at in rng.integers(0, len(raw) if k % 2 else 300, 4):
            raw[at] = int(rng.integers(256))
        (tmp_path / "x.dat").write_bytes(raw[: int(rng.integers(10, len(raw) + 1))])
        try:
            tem.read(tmp_path / "x.dat", scale="0.1nm")
        except InputError:
            continue


def test_real_files_have_their_known_scales(shared_data: Path) -> None:
    folder = shared_data / "tem" / "rosettasciio-local"
    if not folder.exists():
        pytest.skip("these files are absent")
    stem = tem.read(folder / "test_STEM_image.dm3")
    assert stem.y.shape == (68, 68)
    assert stem.meta["scale_nm"] == pytest.approx(0.248538, rel=1e-5)
    imagej = tem.read(folder / "test_loading_image_saved_with_imageJ.tif")
    assert imagej.meta["scale_nm"] == pytest.approx(168.675, rel=1e-4)
