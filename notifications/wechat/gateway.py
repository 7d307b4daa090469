"""The commands by which people agree to WeChat messages, or leave WeChat."""

from typing import Any, Literal

from pydantic import Field

from core.gate.registry import Arguments, Call, NoArguments, command
from notifications.wechat.commands import add_grants, unlink_wechat
from notifications.wechat.queries import get_standing


ACCEPTED: frozenset[str] = frozenset({"accept", "acceptWithAudio", "acceptWithAlert"})
Said = Literal["accept", "acceptWithAudio", "acceptWithAlert", "reject", "ban", "filter"]


class GrantArguments(Arguments):
    """What `wx.requestSubscribeMessage` answered, by template."""

    templates: dict[str, Said] = Field(
        min_length=1, max_length=20, examples=[{"sandbox-order-update": "accept"}]
    )


@command("wechat.grant", path="/me/wechat-grants", arguments=GrantArguments)
def wechat_grant(call: Call, arguments: GrantArguments) -> dict[str, Any]:
    """Count what the person agreed to: one message for each template accepted."""
    accepted = [name for name, said in arguments.templates.items() if said in ACCEPTED]
    add_grants(person=call.person, template_ids=accepted)
    return get_standing(call.person)


@command("wechat.unlink", path="/me/wechat/unlink")
def wechat_unlink(call: Call, _arguments: NoArguments) -> dict[str, Any]:
    """Forget who the person is in WeChat, and what they agreed to there."""
    return {"unlinked": unlink_wechat(person=call.person)}
