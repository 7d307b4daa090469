"""Pictures from outside: told by their content, drawn anew, and nothing but pixels kept.

What a camera writes beside the picture (where it was taken, with what, by whom) is not copied;
neither is anything that hides behind a picture's end. So what we serve is of our own making.
"""

from dataclasses import dataclass
from io import BytesIO
from typing import Final

from PIL import Image, ImageOps

from core.errors import PaidanError
from core.proofs.policy import ProofKind


FORMATS: Final = ("JPEG", "PNG", "WEBP")
MOST_PIXELS: Final = 50_000_000
"""Of what is read: a phone's best camera, and far less than a bomb."""
PHOTO_SIDE: Final = 1600
SIGNATURE_SIDE: Final = 800
QUALITY: Final = 80


class NotAnImage(PaidanError):
    """What was sent is no picture that we read, whatever it calls itself."""

    code = "not_an_image"
    title = "Send a picture: JPEG, PNG or WebP."
    status = 415


class ImageTooLarge(PaidanError):
    """More pixels than any camera of a phone takes."""

    code = "image_too_large"
    title = "The picture has too many pixels."
    status = 413


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """A picture of our own making."""

    content: bytes
    content_type: str
    extension: str
    width: int
    height: int


def draw_anew(content: bytes, kind: ProofKind) -> Drawn:
    """Return the picture as we keep it: a photo as JPEG, a signature as a grey PNG.

    :raises NotAnImage: it is none.
    :raises ImageTooLarge: it would be too much to read.
    """
    image = _read(content)
    if kind is ProofKind.SIGNATURE:
        flat = Image.new("RGBA", image.size, "white")
        flat.alpha_composite(image.convert("RGBA"))
        drawn = flat.convert("L")
        drawn.thumbnail((SIGNATURE_SIDE, SIGNATURE_SIDE))
        return _write(drawn, "PNG", "image/png", "png")
    drawn = image.convert("RGB")
    drawn.thumbnail((PHOTO_SIDE, PHOTO_SIDE))
    return _write(drawn, "JPEG", "image/jpeg", "jpg")


def _read(content: bytes) -> Image.Image:
    try:
        image = Image.open(BytesIO(content), formats=FORMATS)
        is_small = image.width * image.height <= MOST_PIXELS
        # Upright for good: the mark that says how it was held is not kept.
        upright = ImageOps.exif_transpose(image) if is_small else None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise ImageTooLarge from error
    except Exception as error:  # decoders choke on hostile bytes in many ways
        raise NotAnImage from error
    if upright is None:
        raise ImageTooLarge
    return upright


def _write(image: Image.Image, kind: str, content_type: str, extension: str) -> Drawn:
    target = BytesIO()
    bare = Image.frombytes(image.mode, image.size, image.tobytes())
    bare.save(target, kind, quality=QUALITY, optimize=True)
    return Drawn(
        content=target.getvalue(),
        content_type=content_type,
        extension=extension,
        width=bare.width,
        height=bare.height,
    )
