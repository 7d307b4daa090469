"""Pictures in object storage that speaks S3: Amazon's own, MinIO, Ceph and their like."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import boto3
import structlog
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from core.proofs.storage.interface import ObjectMissing, StoreUnavailable, check_name


log = structlog.get_logger(__name__)

CONNECT_SECONDS: Final = 3
READ_SECONDS: Final = 10
ATTEMPTS: Final = 2
"""A third try is the client's, who is told to come again."""
MISSING: Final = frozenset({"NoSuchKey", "404"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """Which bucket, where it is and who we are there; empty keys mean the machine's own role."""

    name: str
    endpoint: str = ""
    region: str = ""
    access_key: str = ""
    secret_key: str = ""


class S3Store:
    """Each picture is an object of a private bucket; nobody but us needs access to it."""

    def __init__(self, bucket: Bucket) -> None:
        """Connect when first used."""
        self._bucket = bucket.name
        self._client: Any = boto3.client(
            "s3",
            endpoint_url=bucket.endpoint or None,
            region_name=bucket.region or None,
            aws_access_key_id=bucket.access_key or None,
            aws_secret_access_key=bucket.secret_key or None,
            config=Config(
                signature_version="s3v4",
                s3={"addressing_style": "path" if bucket.endpoint else "auto"},
                connect_timeout=CONNECT_SECONDS,
                read_timeout=READ_SECONDS,
                retries={"total_max_attempts": ATTEMPTS, "mode": "standard"},
                # Checksums beside the signature are not known to every server of the kind.
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
            ),
        )

    def put(self, name: str, content: bytes, *, content_type: str) -> None:
        """Store the object; S3 shows it whole or not at all."""
        with self._asking(name) as where:
            self._client.put_object(**where, Body=content, ContentType=content_type)

    def get(self, name: str) -> bytes:
        """Fetch the object."""
        with self._asking(name) as where:
            content: bytes = self._client.get_object(**where)["Body"].read()
        return content

    def has(self, name: str) -> bool:
        """Ask for its head."""
        try:
            with self._asking(name) as where:
                self._client.head_object(**where)
        except ObjectMissing:
            return False
        return True

    def delete(self, name: str) -> None:
        """Delete the object."""
        with self._asking(name) as where:
            self._client.delete_object(**where)

    @contextmanager
    def _asking(self, name: str) -> Iterator[dict[str, str]]:
        try:
            yield {"Bucket": self._bucket, "Key": check_name(name)}
        except ClientError as error:
            code = str(error.response.get("Error", {}).get("Code", ""))
            if code in MISSING:
                raise ObjectMissing(name) from error
            log.warning("proofs.s3_refused", name=name, code=code)
            raise StoreUnavailable from error
        except BotoCoreError as error:
            log.warning("proofs.s3_unreachable", name=name, error=str(error))
            raise StoreUnavailable from error
