"""Finds a vendor's adapter by name."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from notifications.channels.aliyun import AliyunSms
from notifications.channels.sandbox import SandboxCalls, SandboxSms
from notifications.channels.sms_provider import SmsProvider
from notifications.channels.tencent import TencentSms
from notifications.channels.twilio import TwilioSms
from notifications.escalation import Channel


SMS_PROVIDERS: Final[Mapping[str, type[SmsProvider]]] = MappingProxyType(
    {"aliyun": AliyunSms, "tencent": TencentSms, "twilio": TwilioSms, "sandbox": SandboxSms}
)
VOICE_PROVIDERS: Final[Mapping[str, type[SmsProvider]]] = MappingProxyType(
    {"sandbox": SandboxCalls}
)
ADAPTERS: Final[Mapping[Channel, Mapping[str, type[SmsProvider]]]] = MappingProxyType(
    {Channel.SMS: SMS_PROVIDERS, Channel.CALL: VOICE_PROVIDERS}
)
