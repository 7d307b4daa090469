"""Our signatures and bodies, held against the vendors' own code and worked examples."""

import json
import time
import warnings
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import aiohttp
import pytest
from alibabacloud_openapi_util.client import Client as AliyunUtil
from Tea.request import TeaRequest
from tencentcloud.common.common_client import CommonClient
from tencentcloud.common.credential import Credential
from tencentcloud.common.http.request import RequestInternal
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile

from notifications.channels import aliyun, tencent, twilio
from notifications.channels.sms_provider import Account
from notifications.sandbox.texts import SIGN
from tests.notifications.channels.vendors import account_with
from tests.notifications.running import SandboxClient


AWKWARD = {"TemplateParam": '{"number":"A 17","status":"已取消 ~*/+&="}', "OutId": "d1"}


class TestAliyun:
    def test_signs_as_the_vendors_own_code_does(self) -> None:
        account = Account(url="https://dysmsapi.aliyuncs.com/", key="an id", secret="a secret")
        url, headers = aliyun.signed(
            account, "SendSms", AWKWARD, moment=datetime(2026, 5, 1, tzinfo=UTC), nonce="n1"
        )
        assert headers["Authorization"] == _aliyun_authorization(url, headers, account)
        assert headers["x-acs-date"] == "2026-05-01T00:00:00Z"
        assert dict(parse_qsl(urlsplit(url).query)) == AWKWARD

    async def test_the_sandbox_takes_what_the_vendors_code_signed(
        self, sandbox: SandboxClient
    ) -> None:
        query = {"PhoneNumbers": "13800138000", "SignName": SIGN, "TemplateCode": "SMS_1001"}
        query |= {"TemplateParam": '{"number": "A 17"}', "OutId": "d1"}
        account = account_with("aliyun", sandbox.url)
        url, headers = aliyun.signed(
            account, "SendSms", query, moment=datetime.now(UTC), nonce="n1"
        )
        headers["Authorization"] = _aliyun_authorization(url, headers, account)
        async with sandbox.session.post(url, headers=headers) as response:
            assert (await response.json())["Code"] == "OK"

    @pytest.mark.parametrize(
        ("change", "code"),
        [
            ({"x-acs-date": "2020-01-01T00:00:00Z"}, "InvalidTimeStamp.Expired"),
            ({"x-acs-content-sha256": "0" * 64}, "SignatureDoesNotMatch"),
            ({"x-acs-action": "SendBatchSms"}, "InvalidAction.NotFound"),
            ({"x-acs-version": "2018-05-01"}, "InvalidVersion"),
        ],
    )
    async def test_the_sandbox_refuses_what_the_vendor_would(
        self, sandbox: SandboxClient, change: dict[str, str], code: str
    ) -> None:
        account = account_with("aliyun", sandbox.url)
        url, headers = aliyun.signed(account, "SendSms", {}, moment=datetime.now(UTC), nonce="n1")
        headers |= change
        headers["Authorization"] = _aliyun_authorization(url, headers, account)
        async with sandbox.session.post(url, headers=headers) as response:
            assert (await response.json())["Code"] == code

    async def test_the_sandbox_takes_a_nonce_once(self, sandbox: SandboxClient) -> None:
        account = account_with("aliyun", sandbox.url)
        url, headers = aliyun.signed(account, "SendSms", {}, moment=datetime.now(UTC), nonce="n1")
        codes = []
        for _ in range(2):
            async with sandbox.session.post(url, headers=headers) as response:
                codes.append((await response.json())["Code"])
        assert codes == ["isv.MOBILE_NUMBER_ILLEGAL", "SignatureNonceUsed"]


def _aliyun_authorization(url: str, headers: dict[str, str], account: Account) -> str:
    """Let the vendor's code sign the request with these headers."""
    request = TeaRequest()
    request.method = "POST"
    request.pathname = urlsplit(url).path
    request.query = dict(parse_qsl(urlsplit(url).query))
    request.headers = {name: value for name, value in headers.items() if name != "Authorization"}
    payload = headers["x-acs-content-sha256"]
    signed: str = AliyunUtil.get_authorization(
        request, aliyun.ALGORITHM, payload, account.key, account.secret
    )
    return signed


class TestTencent:
    def test_signs_as_the_vendors_own_code_does(self) -> None:
        account = Account(
            url="https://sms.tencentcloudapi.com/",
            key="an id",
            secret="a secret",
            region="ap-guangzhou",
        )
        content = {"PhoneNumberSet": ["+8613800138000"], "TemplateParamSet": ["已取消 & more"]}
        headers, body = _by_tencent(account, content)
        assert body == json.dumps(content)
        stamp = int(headers["X-TC-Timestamp"])
        ours = tencent.signed(account, "SendSms", body.encode(), timestamp=stamp)
        assert {name: headers[name] for name in ours} == ours

    async def test_the_sandbox_takes_what_the_vendors_code_signed(
        self, sandbox: SandboxClient
    ) -> None:
        content = {
            "PhoneNumberSet": ["+8613800138000", "+46701740605"],
            "SmsSdkAppId": "1400000000",
            "SignName": SIGN,
            "TemplateId": "1001",
            "TemplateParamSet": ["A 17"],
        }
        account = account_with("tencent", sandbox.url)
        headers, body = _by_tencent(account, content)
        async with sandbox.session.post(account.url, data=body, headers=headers) as response:
            answer = (await response.json())["Response"]
        assert [each["Code"] for each in answer["SendStatusSet"]] == ["Ok", "Ok"]

    @pytest.mark.parametrize(
        ("change", "code"),
        [
            ({"X-TC-Timestamp": "1500000000"}, "AuthFailure.SignatureExpire"),
            ({"X-TC-Version": "2019-07-11"}, "NoSuchVersion"),
            ({"X-TC-Action": "SendEmail"}, "InvalidAction"),
            ({"X-TC-Region": ""}, "MissingParameter"),
            ({"Content-Type": "application/json; charset=utf-8"}, "AuthFailure.SignatureFailure"),
            ({"Authorization": "none"}, "AuthFailure.InvalidAuthorization"),
        ],
    )
    async def test_the_sandbox_refuses_what_the_vendor_would(
        self, sandbox: SandboxClient, change: dict[str, str], code: str
    ) -> None:
        account = account_with("tencent", sandbox.url)
        headers = tencent.signed(account, "SendSms", b"{}", timestamp=int(time.time()))
        async with sandbox.session.post(
            account.url, data=b"{}", headers={**headers, **change}
        ) as response:
            assert (await response.json())["Response"]["Error"]["Code"] == code


def _by_tencent(account: Account, content: dict[str, Any]) -> tuple[dict[str, str], str]:
    """Let the vendor's client build the request, and return its headers and body."""
    target = urlsplit(account.url)
    profile = ClientProfile(httpProfile=HttpProfile(endpoint=target.netloc))
    client = CommonClient(
        "sms", "2021-01-11", Credential(account.key, account.secret), account.region, profile
    )
    request = RequestInternal(target.netloc, "POST", target.path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of the vendor's way to tell the day
        client._build_req_with_tc3_signature("SendSms", content, request)
    return request.header, request.data


class TestTwilio:
    @pytest.mark.parametrize(
        ("caller", "expected"),
        [
            ("+14158675309", "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
            ("+12349013030", "0/KCTR6DLpKmkAf8muzZqo1nDgQ="),
        ],
    )
    def test_signs_as_the_vendors_worked_examples(self, caller: str, expected: str) -> None:
        form = {
            "CallSid": "CA1234567890ABCDE",
            "Caller": caller,
            "Digits": "1234",
            "From": caller,
            "To": "+18005551212",
        }
        url = "https://mycompany.com/myapp.php?foo=1&bar=2"
        assert twilio.signature(url, list(form.items()), secret="12345") == expected

    @pytest.mark.parametrize(
        ("change", "code"),
        [
            ({"To": "13800138000"}, 21211),
            ({"From": "+15550000000"}, 21212),
            ({"Body": "x" * 1601}, 21617),
            ({"StatusCallback": "nowhere"}, 21609),
        ],
    )
    async def test_the_sandbox_refuses_what_the_vendor_would(
        self, sandbox: SandboxClient, change: dict[str, str], code: int
    ) -> None:
        account = account_with("twilio", sandbox.url)
        form = {"To": "+8613800138000", "From": account.sender, "Body": "hello", **change}
        url = f"{account.url}/2010-04-01/Accounts/{account.key}/Messages.json"
        headers = {"Authorization": aiohttp.encode_basic_auth(account.key, account.secret)}
        async with sandbox.session.post(url, data=form, headers=headers) as response:
            assert response.status == 400
            assert (await response.json())["code"] == code
