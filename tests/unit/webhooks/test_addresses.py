"""Where webhooks may go: public https addresses, and nothing that only looks like one."""

import pytest

from notifications.webhooks.addresses import WebhookUrlRefused, check_url, is_allowed, is_public


class TestUrl:
    @pytest.mark.parametrize(
        "url",
        [
            "https://pos.example/hooks",
            "https://pos.example:8443/hooks?shop=7",
            "https://8.8.8.8/hooks",
            "https://[2606:4700::1111]/hooks",
        ],
    )
    def test_that_is_public_passes(self, url: str) -> None:
        check_url(url, allow_loopback=False)

    @pytest.mark.parametrize(
        ("url", "reason"),
        [
            ("http://pos.example/hooks", "not_https"),
            ("ftp://pos.example/hooks", "not_https"),
            ("https://pos.example:22/", "port"),
            ("https://pos.example:80/", "port"),
            ("https://name:word@pos.example/", "credentials"),
            ("https://name@pos.example/", "credentials"),
            ("https://pos.example/#part", "unreadable"),
            ("https://pos.example/a b", "unreadable"),
            ("https://pos.example\\@127.0.0.1/", "unreadable"),
            ("https://pos.example:port/", "unreadable"),
            ("https://[::1/", "unreadable"),
            ("https:///hooks", "unreadable"),
            ("https://localhost/", "not_public"),
            ("https://localhost./", "not_public"),
            ("https://metadata/", "not_public"),
            ("https://127.0.0.1/", "not_public"),
            ("https://10.0.0.1/", "not_public"),
            ("https://169.254.169.254/latest/meta-data", "not_public"),
            ("https://[::1]/", "not_public"),
            ("https://[::ffff:10.0.0.1]/", "not_public"),
            ("https://[fe80::1]/", "not_public"),
        ],
    )
    def test_that_is_not_is_refused_with_its_reason(self, url: str, reason: str) -> None:
        with pytest.raises(WebhookUrlRefused) as refused:
            check_url(url, allow_loopback=False)
        assert refused.value.extra["reason"] == reason

    def test_of_this_machine_passes_only_by_setting(self) -> None:
        check_url("http://127.0.0.1:8900/hooks", allow_loopback=True)
        with pytest.raises(WebhookUrlRefused):
            check_url("http://127.0.0.1:8900/hooks", allow_loopback=False)
        with pytest.raises(WebhookUrlRefused):
            check_url("http://10.0.0.1/hooks", allow_loopback=True)


class TestAddress:
    @pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "64:ff9b::8.8.8.8"])
    def test_of_the_internet_is_public(self, address: str) -> None:
        assert is_public(address)

    @pytest.mark.parametrize(
        "address",
        [
            "0.0.0.0", "10.1.2.3", "100.64.0.1", "127.0.0.1", "127.8.8.8", "169.254.169.254",
            "172.16.0.1", "192.168.1.1", "198.18.0.1", "192.0.2.1", "224.0.0.1", "240.0.0.1",
            "255.255.255.255", "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254",
            "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::10.0.0.1",
            "64:ff9b::127.0.0.1", "2002:7f00:1::1", "2002:a00:1::1", "2001:db8::1",
            "2001:0:a00:1::1",
        ],
    )  # fmt: skip
    def test_of_anybodys_own_network_is_not(self, address: str) -> None:
        assert not is_public(address)

    def test_of_this_machine_is_allowed_only_by_setting(self) -> None:
        assert is_allowed("127.0.0.1", allow_loopback=True)
        assert is_allowed("::1", allow_loopback=True)
        assert not is_allowed("127.0.0.1", allow_loopback=False)
        assert not is_allowed("10.0.0.1", allow_loopback=True)
