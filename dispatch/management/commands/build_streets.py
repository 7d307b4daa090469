"""`manage.py build_streets`: makes the street file of a city from a map of its streets."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from dispatch.travel.streets.contraction import contract
from dispatch.travel.streets.file import pack_city, write_city
from dispatch.travel.streets.network import build_network, read_lines
from dispatch.travel.streets.profiles import PROFILES


class Command(BaseCommand):
    """Reads GeoJSON lines with the tags of OpenStreetMap, as Overpass exports them."""

    help = "Make the file for PAIDAN_STREETS_FILE from a GeoJSON export of a city's streets."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare where from, where to, and whom to thank."""
        parser.add_argument("geojson", type=Path)
        parser.add_argument("into", type=Path)
        parser.add_argument("--name", required=True, help="the city's name")
        parser.add_argument("--attribution", default="© OpenStreetMap contributors, ODbL 1.0")

    def handle(self, *, geojson: Path, into: Path, name: str, **options: Any) -> None:
        """Build every vehicle's network and store it."""
        try:
            lines = read_lines(json.loads(geojson.read_text()))
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise CommandError(f"{geojson} holds no lines: {error}") from error
        networks = {}
        for vehicle, profile in PROFILES.items():
            network = build_network(lines, profile)
            self.stdout.write(f"{vehicle}: {len(network.places)} points")
            if network.places:
                networks[vehicle] = contract(network)
        if not networks:
            raise CommandError(f"{geojson} holds no street that a vehicle may use")
        write_city(pack_city(name, options["attribution"], networks), into)
        self.stdout.write(f"{into}: {into.stat().st_size} bytes")
