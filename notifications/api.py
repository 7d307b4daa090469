"""The HTTP resources of notifications; commands are served by the gate."""

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

from ninja import Query, Router
from pydantic import BaseModel, ConfigDict, Field

from core.api.moments import ApiRequest, moment_of
from core.api.overview import overview_part
from core.api.pages import Page
from core.errors import NotAllowed, NotFound
from core.gate.registry import Arguments
from core.orders.models import Order
from core.people.models import Person
from notifications.arrivals import get_arrivals
from notifications.audit import get_audit
from notifications.circuits.queries import get_circuits
from notifications.escalation import Channel
from notifications.gateway import SubscribeArguments
from notifications.marketing.consent import get_consents
from notifications.marketing.queries import get_campaigns, get_preview, get_sending_terms
from notifications.preferences.queries import day_view, digest_view, get_day, get_preferences
from notifications.previews import get_kind_names, get_previews
from notifications.pushing.acting import read_act_token
from notifications.pushing.keys import push_public_key
from notifications.pushing.rotation import Proof, rotate_subscription
from notifications.queries import access_notice, get_attended, get_funnel, get_inbox
from notifications.receipts import act_on_notice
from notifications.registered import get_devices
from notifications.search import find_notices
from notifications.texting.callbacks import take_receipts
from notifications.watch.queries import get_queues
from notifications.watch.serving import shared_now
from notifications.wechat.accounts import openid_of
from notifications.wechat.commands import link_wechat
from notifications.wechat.queries import get_standing


router = Router(tags=["notifications"])


class WeChatLogin(BaseModel):
    """What `wx.login` gave to the mini-program."""

    model_config = ConfigDict(extra="forbid")

    code: str = Field(min_length=1, max_length=200)


FUNNEL_SPAN = timedelta(hours=24)
ARRIVALS_SPAN = timedelta(hours=1)
Locale = Literal["zh-CN", "en"]
SEARCH = "An order's number or id, a person's phone, or the id of the notice."


@router.get("/inbox", summary="Notices of the caller, newest first.")
def inbox(
    request: ApiRequest,
    page: Annotated[Page, Query(...)],
    unread: bool = False,  # noqa: FBT001, FBT002  a query parameter
) -> dict[str, Any]:
    """List what the caller was told, and may be asked to acknowledge; campaigns are left out."""
    return get_inbox(request.auth, page, unread=unread)


@router.get("/me/preferences", summary="What the caller is told, and what they may choose.")
def preferences(request: ApiRequest) -> dict[str, Any]:
    """List every category and channel of the caller's roles; POST chooses."""
    return {"items": get_preferences(request.auth)}


@router.get("/me/wechat", summary="Whether the caller is known in WeChat, and what they allow.")
def wechat(request: ApiRequest) -> dict[str, Any]:
    """Return the templates to ask for, and how many messages of each are still allowed."""
    return get_standing(request.auth)


@router.post("/me/wechat", summary="Link the caller with their WeChat.")
def wechat_link(request: ApiRequest, body: WeChatLogin) -> dict[str, Any]:
    """Ask WeChat whose login code it is, with no transaction open, and keep who that is."""
    openid = openid_of(body.code)
    link_wechat(person=request.auth, openid=openid, now=moment_of(request))
    return get_standing(request.auth)


@router.get("/me/quiet-hours", summary="When the caller is left in peace.")
def quiet_hours(request: ApiRequest) -> dict[str, Any]:
    """Return the time zone and the hours, null for none; POST changes them."""
    return day_view(get_day(request.auth.pk))


@router.get("/me/digest", summary="When what the caller has gathered is told.")
def digest(request: ApiRequest) -> dict[str, Any]:
    """Return how often digests come, and the hour of the daily ones; POST changes it."""
    return digest_view(get_day(request.auth.pk))


@router.get("/me/consents", summary="Whose campaigns the caller agreed to.")
def consents(request: ApiRequest) -> dict[str, Any]:
    """Return the words to agree to, and each shop that could ask; POST agrees."""
    return get_consents(request.auth)


@router.get("/me/devices", operation_id="devices", summary="Devices that the caller is pushed to.")
def devices(request: ApiRequest) -> dict[str, Any]:
    """List them, the newest first, with when each was last reached; POST takes one away."""
    return {"items": get_devices(request.auth)}


@router.get("/campaigns", summary="Campaigns of a shop, or of the platform.")
def campaigns(request: ApiRequest, merchant_id: UUID | None = None) -> dict[str, Any]:
    """List the newest, with how their messages fared; for owners and operators."""
    return {"items": get_campaigns(request.auth, merchant_id)}


@router.get("/campaign-terms", summary="What a campaign must keep to, and whom it would reach.")
def campaign_terms(request: ApiRequest, merchant_id: UUID | None = None) -> dict[str, Any]:
    """Return how many people agreed, to which words, and how often they may be told."""
    return get_sending_terms(request.auth, merchant_id)


@router.get("/campaigns/{campaign_id}/preview", summary="How a campaign will look.")
def campaign_preview(request: ApiRequest, campaign_id: UUID) -> dict[str, Any]:
    """Return the messages in each language, and how many people would get one."""
    return get_preview(request.auth, campaign_id)


@router.get("/notices/{notice_id}", summary="Everything that happened to one notice.")
def notice_audit(request: ApiRequest, notice_id: UUID) -> dict[str, Any]:
    """Return the whole story to operators, and to a recipient their own part of it."""
    person = request.auth
    notice = access_notice(person, notice_id)
    return get_audit(notice, now=moment_of(request), only=None if person.is_operator else person)


@router.get("/operator/notices", operation_id="find_notices", summary="Any notice, newest first.")
def find_any_notices(
    request: ApiRequest,
    query: Annotated[str, Query(max_length=80, description=SEARCH)],
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
    locale: Locale | None = None,
) -> dict[str, Any]:
    """Find notices and how their messages stand; for operators."""
    _only_operators(request)
    return {"items": find_notices(query, limit=limit, locale=locale or request.auth.locale)}


@router.get("/notifications/kinds", summary="What each kind of notice is called.")
def kinds(request: ApiRequest, locale: Locale | None = None) -> dict[str, Any]:
    """Return titles by template, in the language asked for; for operators."""
    _only_operators(request)
    return {"names": get_kind_names(locale or request.auth.locale)}


@router.get("/notifications/templates", summary="Every message in every language.")
def templates(request: ApiRequest) -> dict[str, Any]:
    """Return each template as a phone shows it, with sample values; for operators."""
    _only_operators(request)
    return {"items": [asdict(preview) for preview in get_previews()]}


@router.get("/notifications/funnel", summary="How far notices came, per kind and channel.")
def funnel(request: ApiRequest, since: datetime | None = None) -> dict[str, Any]:
    """Count notices and messages of the last day, or since a moment; for operators."""
    _only_operators(request)
    return get_funnel(since=since or moment_of(request) - FUNNEL_SPAN)


@overview_part("alerts")
def alerts(now: datetime) -> dict[str, Any]:
    """Say how far the notices of the last day came."""
    return get_funnel(since=now - FUNNEL_SPAN)


@overview_part("arrivals")
def arrivals(now: datetime) -> dict[str, Any]:
    """Say how fast the notices of the last hour were on a screen."""
    return get_arrivals(since=now - ARRIVALS_SPAN, now=now)


@overview_part("push_circuits")
def push_circuits(now: datetime) -> list[dict[str, Any]]:
    """List the push services that are left in peace, or that refuse us."""
    return get_circuits(now)


@overview_part("queues")
def queues(now: datetime) -> list[dict[str, Any]]:
    """Say how every queue of the senders stands."""
    return get_queues(now=now, at=shared_now())


@overview_part("attended")
def attended_orders(now: datetime) -> dict[str, str]:  # noqa: ARG001  a part of the overview
    """Name who takes care of each flagged order whose alarm somebody acknowledged."""
    return get_attended(Order.objects.filter(is_flagged=True, ended_at__isnull=True))


@router.get("/push/key", auth=None, summary="The key that browsers subscribe to push with.")
def push_key(request: ApiRequest) -> dict[str, str]:  # noqa: ARG001  ninja hands it over
    """Return the application server key, base64url; empty when push is not set up."""
    return {"key": push_public_key()}


def _only_operators(request: ApiRequest) -> None:
    if not request.auth.is_operator:
        raise NotAllowed


class ActArguments(Arguments):
    """What a device was given with the push."""

    token: str = Field(min_length=1, max_length=256)


@router.post(
    "/push/act",
    auth=None,
    operation_id="act_by_token",
    summary="Acknowledge a notice by a push's own token.",
)
def act_by_token(request: ApiRequest, body: ActArguments) -> dict[str, Any]:
    """Acknowledge it for the person whom the push was for: no log-in is needed."""
    now = moment_of(request)
    right = read_act_token(body.token, now=now)
    person = Person.objects.filter(pk=right.person_id, is_active=True).first()
    if person is None:
        raise NotFound
    act_on_notice(person=person, notice_id=right.notice_id, now=now)
    return {}


class RotateArguments(SubscribeArguments):
    """A device's new subscription, and what proves that it is the device."""

    old_endpoint: str = Field(min_length=1, max_length=1024)
    old_auth: str = Field(min_length=1, max_length=64)


@router.post(
    "/push/subscriptions/rotate",
    auth=None,
    operation_id="rotate_push",
    summary="Move a device to a new endpoint.",
)
def push_rotate(request: ApiRequest, body: RotateArguments) -> dict[str, int]:
    """Replace a subscription by whoever has its endpoint and secret: no log-in is needed."""
    proof = Proof(endpoint=body.old_endpoint, auth=body.old_auth)
    row = rotate_subscription(proof=proof, fresh=body.registration(), now=moment_of(request))
    return {"id": row.pk}


@router.post("/sms/{provider}/receipts", auth=None, include_in_schema=False)
def text_receipts(request: ApiRequest, provider: str) -> dict[str, Any]:
    """Take the word on texts of a vendor that signs it."""
    return take_receipts(request, Channel.SMS, provider, token="", now=moment_of(request))


@router.post("/sms/{provider}/receipts/{token}", auth=None, include_in_schema=False)
def secret_text_receipts(request: ApiRequest, provider: str, token: str) -> dict[str, Any]:
    """Take the word on texts of a vendor that signs nothing, and knows a secret address."""
    now = moment_of(request)
    return take_receipts(request, Channel.SMS, provider, token=token, now=now)


@router.post("/calls/{provider}/receipts", auth=None, include_in_schema=False)
def call_receipts(request: ApiRequest, provider: str) -> dict[str, Any]:
    """Take a vendor's word on calls: answered, missed, or acknowledged by a key."""
    return take_receipts(request, Channel.CALL, provider, token="", now=moment_of(request))
