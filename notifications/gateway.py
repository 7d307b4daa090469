"""The commands by which people answer notices and choose their devices."""

from typing import Any, Literal

from pydantic import Field

from core.events.work import unit_of_work
from core.gate.registry import Arguments, Call, NoArguments, command
from notifications.channels.app_push import AppEnvironment, DeviceKind
from notifications.devices import App, register_device, remove_device
from notifications.receipts import act_on_notice, see_notice
from notifications.registered import forget_device, get_devices
from notifications.subscriptions import Registration, subscribe, unsubscribe
from notifications.trials import try_push


class PushKeys(Arguments):
    """The keys of a browser's push subscription, in base64url."""

    p256dh: str = Field(min_length=1, max_length=128)
    auth: str = Field(min_length=1, max_length=64)


class SubscribeArguments(Arguments):
    """A push subscription as the browser gives it."""

    endpoint: str = Field(min_length=1, max_length=1024)
    keys: PushKeys
    application_server_key: str = Field(default="", max_length=88)
    """Public key that it was made with; devices that tell learn when to subscribe anew."""

    def registration(self) -> Registration:
        """Return it as the subscriptions' commands take it."""
        return Registration(
            endpoint=self.endpoint,
            p256dh=self.keys.p256dh,
            auth=self.keys.auth,
            application_server_key=self.application_server_key,
        )


class UnsubscribeArguments(Arguments):
    """Which device."""

    endpoint: str = Field(min_length=1, max_length=1024)


class DeviceArguments(Arguments):
    """An app on a device, and the token that its vendor gave it."""

    kind: Literal["fcm", "apns"]
    token: str = Field(min_length=32, max_length=1024, pattern=r"^[A-Za-z0-9_:-]+$")
    app_id: str = Field(min_length=1, max_length=128, examples=["com.example.shop"])
    environment: AppEnvironment = AppEnvironment.PRODUCTION
    locale: Literal["zh-CN", "en"] | None = None
    replaces: str | None = Field(default=None, max_length=1024)
    """The token that the app had before."""


class DeviceRemoval(Arguments):
    """Which app on which device."""

    kind: Literal["fcm", "apns"]
    token: str = Field(min_length=1, max_length=1024)


class ForgetArguments(Arguments):
    """Which device, by the number that the list gives it."""

    id: int = Field(ge=1, le=2**63 - 1)


@command("notice.seen", path="/notices/{notice_id}/seen", subject="notice_id")
def seen(call: Call, _arguments: NoArguments) -> dict[str, Any]:
    """Say that the notice was seen."""
    assert call.subject_id is not None  # noqa: S101  the path names it
    see_notice(person=call.person, notice_id=call.subject_id, now=call.now)
    return {}


@command("notice.act", path="/notices/{notice_id}/act", subject="notice_id")
def act(call: Call, _arguments: NoArguments) -> dict[str, Any]:
    """Acknowledge the notice: it bothers nobody any more, on any device."""
    assert call.subject_id is not None  # noqa: S101  the path names it
    act_on_notice(person=call.person, notice_id=call.subject_id, now=call.now)
    return {}


@command("push.subscribe", path="/push/subscriptions", arguments=SubscribeArguments)
def push_subscribe(call: Call, arguments: SubscribeArguments) -> dict[str, Any]:
    """Push alerts to this device."""
    row = subscribe(person=call.person, fresh=arguments.registration(), now=call.now)
    return {"id": row.pk}


@command("push.unsubscribe", path="/push/subscriptions/remove", arguments=UnsubscribeArguments)
def push_unsubscribe(call: Call, arguments: UnsubscribeArguments) -> dict[str, Any]:
    """Push nothing more to this device."""
    removed = unsubscribe(person=call.person, endpoint=arguments.endpoint, now=call.now)
    return {"removed": removed}


@command("push.register", path="/push/devices", arguments=DeviceArguments)
def push_register(call: Call, arguments: DeviceArguments) -> dict[str, Any]:
    """Push alerts to the app that holds this token; an app whose token changed names both."""
    row = register_device(
        person=call.person,
        app=App(
            kind=DeviceKind(arguments.kind),
            app_id=arguments.app_id,
            environment=arguments.environment,
            locale=arguments.locale or "",
        ),
        token=arguments.token,
        replaces=arguments.replaces or "",
        now=call.now,
    )
    return {"id": row.pk}


@command("push.remove", path="/push/devices/remove", arguments=DeviceRemoval)
def push_remove(call: Call, arguments: DeviceRemoval) -> dict[str, Any]:
    """Push nothing more to the app that holds this token."""
    kind = DeviceKind(arguments.kind)
    removed = remove_device(person=call.person, kind=kind, token=arguments.token, now=call.now)
    return {"removed": removed}


@command("device.forget", path="/me/devices/forget", arguments=ForgetArguments)
def forget(call: Call, arguments: ForgetArguments) -> dict[str, Any]:
    """Push nothing more to one of your devices."""
    forget_device(person=call.person, device_id=arguments.id, now=call.now)
    return {"items": get_devices(call.person)}


@command("push.try", path="/me/devices/try")
def push_try(call: Call, _arguments: NoArguments) -> dict[str, Any]:
    """Send yourself a test, by the way of every other push; at most three in five minutes."""
    with unit_of_work(now=call.now, actor=call.actor("person")) as work:
        notice = try_push(person=call.person, work=work)
    return {"notice_id": notice.pk if notice is not None else None}
