"""Creates a person, or gives one more roles, and prints a fresh token."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from core.clock import now
from core.people.commands import NewPerson, register_person
from core.people.models import Person
from core.people.tokens import issue_token


class Command(BaseCommand):
    """The token stands alone on the last line, so that a shell can keep it."""

    help = "Create a customer, courier or operator and print a token."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("phone", help="E.164, as +8613800138000")
        parser.add_argument("name")
        parser.add_argument("--password", help="lets the person log in to the pages")
        parser.add_argument("--courier", action="store_true")
        parser.add_argument("--operator", action="store_true")

    def handle(self, *_args: Any, **options: Any) -> None:
        person = Person.objects.filter(phone=options["phone"]).first()
        if person is None:
            person = register_person(NewPerson(phone=options["phone"], name=options["name"]))
        person.is_courier = person.is_courier or options["courier"]
        person.is_operator = person.is_operator or options["operator"]
        if options["password"]:
            person.set_password(options["password"])
        person.save()
        self.stderr.write(f"person {person.pk}")
        self.stdout.write(issue_token(person=person, label="command line", now=now()))
