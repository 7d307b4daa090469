"""Pictures are told by their content, drawn anew, and lose what stands beside the pixels."""

import struct
import zlib
from io import BytesIO

import pytest
from PIL import Image

from core.proofs.images import ImageTooLarge, NotAnImage, draw_anew
from core.proofs.policy import ProofKind
from tests.core_proofs.pictures import located_photo, picture


HTML = b"<html><script>alert(1)</script></html>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def opened(content: bytes) -> Image.Image:
    return Image.open(BytesIO(content))


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def bomb(side: int) -> bytes:
    """Return a small PNG that says it is `side` pixels wide and high."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0))
    return (
        b"\x89PNG\r\n\x1a\n"
        + head
        + chunk(b"IDAT", zlib.compress(b"\0" * 99))
        + chunk(b"IEND", b"")
    )


class TestPhoto:
    @pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
    def test_is_kept_as_jpeg(self, kind: str) -> None:
        drawn = draw_anew(picture(kind), ProofKind.PHOTO)
        assert (opened(drawn.content).format, drawn.content_type) == ("JPEG", "image/jpeg")
        assert (drawn.width, drawn.height) == (64, 48)

    def test_forgets_where_it_was_taken(self) -> None:
        sent = located_photo()
        assert b"SecretCamera" in sent
        drawn = draw_anew(sent, ProofKind.PHOTO)
        assert not opened(drawn.content).getexif()
        assert b"Secret" not in drawn.content
        assert b"Exif" not in drawn.content

    def test_stands_upright(self) -> None:
        drawn = draw_anew(located_photo(), ProofKind.PHOTO)
        assert (drawn.width, drawn.height) == (48, 64)

    def test_loses_what_hides_behind_it(self) -> None:
        drawn = draw_anew(picture() + HTML, ProofKind.PHOTO)
        assert b"script" not in drawn.content

    def test_is_made_smaller(self) -> None:
        drawn = draw_anew(picture(size=(4000, 3000)), ProofKind.PHOTO)
        assert (drawn.width, drawn.height) == (1600, 1200)

    @pytest.mark.parametrize("mode", ["L", "RGBA", "P", "CMYK", "1"])
    def test_may_be_of_any_mode(self, mode: str) -> None:
        kind = "JPEG" if mode == "CMYK" else "PNG"
        sent = picture(kind, mode=mode, color=0)
        assert opened(draw_anew(sent, ProofKind.PHOTO).content).mode == "RGB"


class TestSignature:
    def test_is_kept_as_grey_png_on_white(self) -> None:
        drawn = draw_anew(picture("PNG", mode="RGBA", color=(0, 0, 0, 0)), ProofKind.SIGNATURE)
        image = opened(drawn.content)
        assert (image.format, image.mode, image.getpixel((0, 0))) == ("PNG", "L", 255)


class TestNoPicture:
    @pytest.mark.parametrize(
        "content",
        [b"", b"x", HTML, SVG, b"GIF89a" + b"\0" * 40, b"%PDF-1.7", b"\xff\xd8\xff" + HTML,
         picture()[:200], picture("BMP"), picture("GIF"), picture("TIFF"), b"MZ" + b"\0" * 400],
        ids=lambda content: repr(content[:8]),
    )  # fmt: skip
    def test_is_refused(self, content: bytes) -> None:
        with pytest.raises(NotAnImage):
            draw_anew(content, ProofKind.PHOTO)

    @pytest.mark.parametrize("side", [8_000, 12_000, 60_000])
    def test_is_not_unpacked_when_it_is_a_bomb(self, side: int) -> None:
        with pytest.raises(ImageTooLarge):
            draw_anew(bomb(side), ProofKind.PHOTO)
