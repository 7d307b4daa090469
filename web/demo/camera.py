"""A courier's camera: a picture of the bag at the door, as a phone would send one."""

from io import BytesIO

from PIL import Image, ImageDraw


SIZE = (480, 360)
WALL, DOOR, BAG = "#d8d2c4", "#7a4b2b", "#e8b04a"


def take_photo() -> bytes:
    """Return a JPEG of a bag before a door."""
    image = Image.new("RGB", SIZE, WALL)
    pen = ImageDraw.Draw(image)
    pen.rectangle((150, 30, 330, 330), fill=DOOR)
    pen.rectangle((200, 240, 280, 330), fill=BAG)
    target = BytesIO()
    image.save(target, "JPEG")
    return target.getvalue()
