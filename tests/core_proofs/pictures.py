"""Pictures as phones make them, and things that only call themselves so."""

from io import BytesIO
from typing import Any

from PIL import Image
from PIL.ExifTags import GPS, IFD, Base


def picture(
    kind: str = "JPEG", size: tuple[int, int] = (64, 48), mode: str = "RGB", **options: Any
) -> bytes:
    """Return a picture of one colour."""
    target = BytesIO()
    Image.new(mode, size, options.pop("color", "teal")).save(target, kind, **options)
    return target.getvalue()


def located_photo() -> bytes:
    """Return a photo that says where and with what it was taken, held upright."""
    exif = Image.Exif()
    exif[Base.Make] = "SecretCamera"
    exif[Base.Orientation] = 6
    exif.get_ifd(IFD.GPSInfo)[GPS.GPSLatitude] = (31.0, 13.0, 49.0)
    return picture(exif=exif, comment=b"SecretComment")
