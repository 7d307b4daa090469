"""The buttons that cause trouble, by name, and what happens when one is pressed."""

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Final

import structlog

from core.environment import environment
from web.demo import trouble_courier, trouble_payment, trouble_process, trouble_shop
from web.demo.journal import FAILED, Journal, Run
from web.demo.outside import OutsideUnreachable, Refused
from web.demo.stage import NotSoon, Stage


log = structlog.get_logger(__name__)

Trouble = Callable[[Stage, Run], Awaitable[None]]

TROUBLES: Final[Mapping[str, Trouble]] = MappingProxyType(
    {
        "rush": trouble_shop.rush,
        "asleep": trouble_shop.asleep,
        "sold_out": trouble_shop.sold_out,
        "cut_board": trouble_process.cut_board,
        "pay_twice": trouble_payment.pay_twice,
        "pay_late": trouble_payment.pay_late,
        "two_couriers": trouble_courier.two_couriers,
        "courier_vanishes": trouble_courier.courier_vanishes,
        "kill_dispatcher": trouble_process.kill_dispatcher,
        "flush_redis": trouble_process.flush_redis,
        "restart_web": trouble_process.restart_web,
    }
)


def available_troubles() -> list[str]:
    """Names of the buttons; without Redis there is none to empty."""
    return [name for name in TROUBLES if name != "flush_redis" or environment().redis_url]


async def cause(name: str, stage: Stage, journal: Journal) -> None:
    """Do it and wait until it has healed; what goes wrong on the way is said, too."""
    run = journal.begin(name)
    try:
        await TROUBLES[name](stage, run)
    except (NotSoon, Refused, OutsideUnreachable) as error:
        run.say(FAILED, why=str(error))
    except Exception as error:
        log.exception("demo.trouble_failed", trouble=name)
        run.say(FAILED, why=f"{type(error).__name__}: {error}")
    finally:
        run.end()
