"""Image files that cannot be used, or not without loss: each is named, with the reason."""

from __future__ import annotations

import io
import random
import struct
import zlib
from pathlib import Path

import pytest
from PIL import Image

from resnet_impl.cifar10.data import load_data
from resnet_impl.cifar10.errors import DataError
from resnet_impl.cifar10.folder import decode_image

GREY = bytes(range(256)) * 4  # 32 x 32


def colours(seed: int = 0) -> Image.Image:
    return Image.frombytes("RGB", (32, 32), random.Random(seed).randbytes(3072))


def spoiled(image: Image.Image, alpha: int = 254) -> Image.Image:
    image = image.convert("RGBA")
    image.putpixel((31, 31), (*image.getpixel((31, 31))[:3], alpha))
    return image


def encoded(image: Image.Image, format: str = "PNG", **options) -> bytes:
    file = io.BytesIO()
    image.save(file, format, **options)
    return file.getvalue()


def png_of_16_bits() -> bytes:
    """16-bit RGB, which Pillow reads and does not write: an 8-bit PNG of twice the width, told otherwise."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 32, 32, 16, 2, 0, 0, 0))
    rows = zlib.compress((b"\0" + bytes(32 * 6)) * 32)
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


WHOLE = encoded(colours())
PALETTE = colours().convert("P")
UNUSABLE = {
    "higher": (encoded(colours().resize((32, 33))), "32x33 pixels, not 32x32"),
    "larger": (encoded(colours().resize((64, 64))), "64x64 pixels"),
    "too large for Pillow's peace of mind": (encoded(Image.new("1", (10_000, 10_000))), "pixels"),
    "too large for Pillow": (encoded(Image.new("1", (15_000, 15_000))), "pixels"),
    "empty": (b"", "it is no BMP, JPEG, PNG or WebP image"),
    "text": (b"cat", "it is no BMP, JPEG, PNG or WebP image"),
    "eps": (encoded(colours(), "EPS"), "it is no BMP, JPEG, PNG or WebP image"),
    "truncated png": (WHOLE[:-600], "damaged"),
    "truncated jpeg": (encoded(colours(), "JPEG")[:-200], "damaged"),
    "truncated webp": (encoded(colours(), "WEBP", lossless=True)[:-200], "it is "),
    "broken png": (WHOLE[:600] + bytes(50) + WHOLE[650:], "damaged"),
    "transparent": (encoded(spoiled(colours())), "transparent"),
    "transparent palette": (encoded(PALETTE, transparency=PALETTE.getpixel((5, 5))), "transparent"),
    "transparent grey": (encoded(Image.frombytes("L", (32, 32), GREY), transparency=7), "transparent"),
    "16 bit grey": (encoded(Image.new("I;16", (32, 32), 300)), "without loss"),
    "16 bit rgb": (png_of_16_bits(), "without loss"),
    "cmyk": (encoded(colours().convert("CMYK"), "JPEG"), "(CMYK)"),
    "animated": (encoded(colours(), save_all=True, append_images=[colours(1)]), "animated"),
}


@pytest.mark.parametrize("name", UNUSABLE)
def test_an_unusable_file_is_named_with_the_reason(name: str, tmp_path: Path, make_images) -> None:
    make_images(tmp_path)
    data, reason = UNUSABLE[name]
    path = tmp_path / "train" / "dog" / "1.png"
    path.write_bytes(data)
    with pytest.raises(DataError) as caught:
        load_data(tmp_path)
    message = str(caught.value)
    assert message.startswith(f"{path} cannot be used: ")
    assert reason in message
    assert "\n" not in message


def test_no_damage_gets_past_as_anything_but_a_dataerror(tmp_path: Path) -> None:
    draw = random.Random(0)
    path = tmp_path / "a"
    refused = []
    for format in ("BMP", "JPEG", "PNG", "WEBP"):
        whole = encoded(colours(), format)
        for _ in range(150):
            data = bytearray(whole[: draw.choice([len(whole), draw.randrange(len(whole))])])
            for _ in range(draw.randrange(1, 5)):
                if data:
                    data[draw.randrange(draw.choice([len(data), min(len(data), 60)]))] = draw.randrange(256)
            path.write_bytes(data)
            try:
                assert len(decode_image(path)) == 3072
            except DataError as error:
                refused.append(str(error))
    assert len(refused) > 200
    assert all(message.startswith(f"{path} cannot be used") for message in refused)
