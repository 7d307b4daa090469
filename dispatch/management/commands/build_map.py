"""`manage.py build_map`: makes what the screens draw of a city from a map of its streets."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from dispatch.travel.streets.drawing import bounds, pack_map, strokes
from dispatch.travel.streets.network import read_lines


class Command(BaseCommand):
    """Reads GeoJSON lines with the tags of OpenStreetMap, as Overpass exports them."""

    help = "Make city.lines and city.json, which the screens' maps draw, from GeoJSON."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare where from, where to, and whom to thank."""
        parser.add_argument("geojson", type=Path)
        parser.add_argument("into", type=Path, help="a folder: web/src/map for the screens")
        parser.add_argument("--name", required=True, help="the city's name")
        parser.add_argument("--attribution", default="© OpenStreetMap contributors, ODbL 1.0")

    def handle(self, *, geojson: Path, into: Path, name: str, **options: Any) -> None:
        """Draw every street and store it with what is said about it."""
        try:
            classes = strokes(read_lines(json.loads(geojson.read_text())))
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise CommandError(f"{geojson} holds no lines: {error}") from error
        if not any(classes):
            raise CommandError(f"{geojson} holds no street that is drawn")
        about = {"name": name, "attribution": options["attribution"], "bounds": bounds(classes)}
        (into / "city.json").write_text(f"{json.dumps(about, ensure_ascii=False)}\n")
        (into / "city.lines").write_bytes(pack_map(classes))
        count = sum(map(len, classes))
        self.stdout.write(f"{count} lines, {(into / 'city.lines').stat().st_size} bytes")
