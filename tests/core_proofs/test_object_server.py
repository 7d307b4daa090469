"""The sandbox's S3 server refuses what a real one would: nobody's word is taken."""

from urllib.error import HTTPError
from urllib.request import Request, urlopen

import boto3
import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.fakes.object_server import ACCESS_KEY, BUCKET, REGION, SECRET_KEY, ObjectServer


def signed(server: ObjectServer, body: bytes = b"one") -> dict[str, str]:
    """Return the headers of a PUT as a client of the vendor's signs it."""
    request = AWSRequest("PUT", f"{server.url}/{BUCKET}/a", data=body)
    S3SigV4Auth(Credentials(ACCESS_KEY, SECRET_KEY), "s3", REGION).add_auth(request)
    return dict(request.headers.items())


def put(
    server: ObjectServer, headers: dict[str, str], body: bytes = b"one", key: str = "a"
) -> int:
    request = Request(f"{server.url}/{BUCKET}/{key}", body, headers, method="PUT")
    try:
        with urlopen(request) as answer:
            return int(answer.status)
    except HTTPError as refusal:
        with refusal:
            return refusal.code


class TestObjectServer:
    def test_takes_what_is_signed(self, server: ObjectServer) -> None:
        assert put(server, signed(server)) == 200

    def test_refuses_another_body_key_or_time(self, server: ObjectServer) -> None:
        headers = signed(server)
        assert put(server, headers, b"two") == 400
        assert put(server, headers, key="b") == 403
        assert put(server, headers | {"X-Amz-Date": "20200101T000000Z"}) == 403

    def test_refuses_a_header_that_was_slipped_in(self, server: ObjectServer) -> None:
        assert put(server, signed(server) | {"x-amz-acl": "public-read"}) == 403

    def test_refuses_who_signs_nothing(self, server: ObjectServer) -> None:
        assert put(server, {}) == 403
        assert server.objects == {}

    @pytest.mark.parametrize("key", ["a b", "ü/ö", "a+b", "a%2Fb"])
    def test_reads_keys_as_clients_write_them(self, server: ObjectServer, key: str) -> None:
        client = boto3.client(
            "s3",
            endpoint_url=server.url,
            region_name=REGION,
            aws_access_key_id=ACCESS_KEY,
            aws_secret_access_key=SECRET_KEY,
        )
        client.put_object(Bucket=BUCKET, Key=key, Body=b"one")
        assert client.get_object(Bucket=BUCKET, Key=key)["Body"].read() == b"one"
        assert list(server.objects) == [key]
