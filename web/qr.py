"""QR codes as pictures that a page can show without asking anybody."""

import segno


SCALE = 4


def qr_image(text: str) -> str:
    """Return a data URI of an SVG that shows `text`."""
    return str(segno.make(text, error="m", micro=False).svg_data_uri(scale=SCALE, light="white"))
