"""People, what they may be, and the tokens their programs carry."""

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models

from core.identifiers import new_id


class PersonManager(BaseUserManager["Person"]):
    """Creates people; named by Django."""

    def create_user(self, phone: str, password: str | None = None, **fields: Any) -> "Person":
        """Create a person who logs in with `phone` (E.164)."""
        person = self.model(phone=phone, **fields)
        person.set_password(password)
        person.save(using=self._db)
        return person


class Person(AbstractBaseUser):
    """Somebody: a customer always; a courier or operator by flag; staff by membership."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    phone = models.CharField(max_length=20, unique=True)
    """E.164, as `+8613800138000`."""
    name = models.CharField(max_length=80)
    is_courier = models.BooleanField(default=False)
    is_operator = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    locale = models.CharField(max_length=8, default="zh-CN")
    created_at = models.DateTimeField(auto_now_add=True)
    sockets_revoked_at = models.DateTimeField(null=True, db_index=True)
    """Real time at which their open sockets were last ended; finds what the bus has lost."""

    USERNAME_FIELD = "phone"
    REQUIRED_FIELDS: ClassVar = ["name"]
    objects: ClassVar[PersonManager] = PersonManager()

    def __str__(self) -> str:
        """Name for logs and pages."""
        return self.name


class ApiToken(models.Model):
    """A bearer token, of which only the SHA-256 is kept."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="tokens")
    digest = models.CharField(max_length=64, unique=True)
    label = models.CharField(max_length=80)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)


class Membership(models.Model):
    """A person works for a merchant."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="memberships")
    merchant = models.ForeignKey(
        "core.Merchant", on_delete=models.CASCADE, related_name="memberships"
    )
    is_owner = models.BooleanField(default=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["person", "merchant"], name="membership_once"),
        ]
