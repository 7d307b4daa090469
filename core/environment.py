"""Every setting the product reads from the environment, typed, in one place."""

from functools import lru_cache
from pathlib import Path
from typing import Literal, Self
from zoneinfo import available_timezones

from pydantic import Field, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


ROOT = Path(__file__).resolve().parent.parent


class Environment(BaseSettings):
    """What an operator may set; a variable `PAIDAN_X` fills the field `x`.

    `DATABASE_URL` and `REDIS_URL` carry no prefix, as hosting platforms set them. Absent means
    the embedded default: SQLite in `data_dir`, an in-memory bus, loops as threads.
    """

    model_config = SettingsConfigDict(env_prefix="PAIDAN_", extra="ignore", frozen=True)

    database_url: str = Field(default="", validation_alias="DATABASE_URL")
    redis_url: str = Field(default="", validation_alias="REDIS_URL")

    broker_url: str = Field(default="", pattern=r"^$|^(redis|rediss|amqp|amqps)://")
    """Celery's broker, by which senders are woken: Redis or RabbitMQ (`amqp://user:password@host/`);
    empty: `REDIS_URL`."""

    data_dir: Path = ROOT / ".paidan"
    """Where the embedded database and generated secrets live."""
    secret_key: str = ""
    """Signs sessions and quotes; generated in `data_dir` when absent (not in production)."""
    allowed_hosts: str = "localhost,127.0.0.1,[::1]"
    """Comma-separated host names this installation answers to."""
    public_url: str = "http://127.0.0.1:8000"
    """How the outside reaches us; used in callbacks and links."""
    production: bool = False
    """Refuses the sandbox provider, demo data and generated secrets."""
    demo: bool = False
    """Shows the demonstration's page, where anybody may be anybody; never in production."""
    demo_control: str = ""
    """URL by which a demonstration's web process reaches the program that plays its city."""
    time_zone: str = "Asia/Shanghai"
    """IANA name of the time zone of people who have not said theirs."""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    clock_speed: float = Field(default=1.0, gt=0, le=1000)
    """How many business seconds pass in one real second."""
    clock_origin: float = 0.0
    """Unix time at which the fast clock stood at real time; 0 means the process start."""
    clock_file: Path | None = None
    """File that says how fast the clock runs instead, where a demonstration changes it on the way;
    all processes must share it."""
    bus_dir: Path | None = None
    """Folder by whose sockets the processes of one machine ring each other's bell without Redis;
    a short path. Absent: without Redis each hears only itself."""

    sandbox_url: str = ""
    """Base URL of the sandbox provider (push, SMS, payments); empty means none."""
    sandbox_ca_file: Path | None = None
    """PEM file of the authority that signed the certificate of a sandbox with TLS; trusted beside
    the usual ones, never in production."""
    sandbox_secret: str = "sandbox-secret"  # noqa: S105  shared with our own sandbox only
    payment_provider: Literal["none", "sandbox"] = "sandbox"
    vapid_private_key: str = ""
    """Signs web pushes, and browsers subscribe with its public half; generated in `data_dir` when
    absent (not in production)."""
    vapid_previous_keys: str = ""
    """Comma-separated private keys of subscriptions made before, the newest first."""
    vapid_subject: str = "mailto:operations@paidan.example"
    push_hosts: str = (
        "fcm.googleapis.com,updates.push.services.mozilla.com,"
        "*.push.apple.com,*.notify.windows.com"
    )
    """Comma-separated hosts that web push may be sent to."""

    sms_file: str = ""
    """TOML file that says which vendor carries texts and calls where, their approved templates,
    limits and budgets; see the runbook. Empty: the sandbox where there is one, else nobody."""
    sms_receipt_token: str = Field(default="", pattern=r"^[A-Za-z0-9_-]*$")
    """Secret part of the address that Alibaba Cloud and Tencent Cloud post receipts to, as these
    sign nothing: 32 random characters or more."""
    aliyun_key_id: str = ""
    """AccessKey id of a RAM user that may use dysms:SendSms and dysms:QuerySendDetails."""
    aliyun_key_secret: str = ""
    aliyun_url: str = "https://dysmsapi.aliyuncs.com/"
    """Endpoint of Alibaba Cloud's short message service."""
    tencent_secret_id: str = ""
    """Key id of a CAM user that may use sms:SendSms and sms:PullSmsSendStatus."""
    tencent_secret_key: str = ""
    tencent_app_id: str = ""
    """SmsSdkAppId of the application in Tencent Cloud's console."""
    tencent_region: str = "ap-guangzhou"
    tencent_url: str = "https://sms.tencentcloudapi.com/"
    """Endpoint of Tencent Cloud's short message service."""
    twilio_account_sid: str = ""
    twilio_auth_token: str = ""
    """Signs in, and verifies the status callbacks."""
    twilio_sender: str = ""
    """Number in E.164, or the sid of a messaging service (`MG...`)."""
    twilio_url: str = "https://api.twilio.com"
    """Base URL of Twilio's API; another one for a region or edge."""

    app_ids: str = ""
    """Comma-separated ids of our own apps, as `com.example.shop`: bundle ids with Apple, packages
    with Google. Devices of others cannot register; with the sandbox empty means any."""
    fcm_file: str = ""
    """JSON file of a Google service account that may use Firebase Cloud Messaging."""
    fcm_url: str = "https://fcm.googleapis.com"
    """Base URL of Firebase Cloud Messaging."""
    apns_key_file: str = ""
    """File of the key (`.p8`) by which Apple's push service knows the team."""
    apns_key_id: str = ""
    apns_team_id: str = ""
    apns_url: str = "https://api.push.apple.com"
    """Base URL of Apple's service for apps of the App Store and TestFlight."""
    apns_development_url: str = "https://api.sandbox.push.apple.com"
    """The same for apps that a developer's machine installed."""

    wechat_file: str = ""
    """TOML file that says which WeChat template carries which notices; see the runbook."""
    wechat_app_id: str = ""
    """AppID of the mini-program."""
    wechat_secret: str = ""
    """AppSecret of the mini-program."""
    wechat_url: str = "https://api.weixin.qq.com"
    """Base URL of WeChat's interface; another one of its access points."""
    wechat_state: Literal["formal", "trial", "developer"] = "formal"
    """Which edition of the mini-program a tap on a message opens."""

    travel: Literal["straight", "streets", "osrm", "valhalla"] = "straight"
    """Who says how long a way takes: the straight line with a detour, a city's streets searched in
    this process, or a routing service. What these do not know is the straight line."""
    travel_url: str = ""
    """Base URL of the OSRM or Valhalla service; `{profile}` stands for `car`, `bike` or `foot`
    where each has an OSRM of its own."""
    travel_attribution: str = "© OpenStreetMap contributors"
    """Shown beside maps when a routing service says how long it takes: whose data it has."""
    streets_file: str = ""
    """File made by `manage.py build_streets`; empty means the bundled one, Gothenburg."""

    near_metres: int = Field(default=150, ge=20, le=2_000)
    """How close to the shop or the door a courier is asked whether they have arrived."""

    webhook_loopback: bool = False
    """Lets webhooks go to this machine, over plain HTTP too: for trying out, never in
    production."""

    proof_storage: Literal["disk", "s3"] = "disk"
    """Where photos and signatures lie: a folder, or a bucket of an S3-compatible server."""
    proof_dir: Path | None = None
    """The folder; default: `proofs` in `data_dir`. All web processes must share it."""
    proof_keep_days: int = Field(default=90, ge=1)
    """After how many days `purge_proofs` removes pictures, in business time."""
    s3_bucket: str = "paidan-proofs"
    s3_endpoint: str = ""
    """URL of the server; empty means Amazon's."""
    s3_region: str = "us-east-1"
    s3_access_key: str = ""
    s3_secret_key: str = ""
    """Both empty: the usual places where programs of Amazon's library look."""

    queue_alarm_seconds: float = Field(default=60.0, gt=0)
    """How long a message may wait after its time, before operators are alarmed (real time)."""
    marketing_alarm_seconds: float = Field(default=3600.0, gt=0)
    """The same of campaigns."""

    metrics_token: str = ""
    """Bearer token that `/metrics` asks for; without one it answers this machine only."""

    share_minutes: int = Field(default=120, ge=1, le=1440)
    """How long a share link shows an order, in business time."""

    bus_shards: int = Field(default=1, ge=1, le=256)
    """Shard groups that topics hash onto; the same on every node. Every node joins all of them, so
    more than one is of use only where the bus itself is several servers."""
    handshakes_per_second: float = Field(default=300.0, gt=0)
    """Sockets and streams one web process lets in; the others are told when to come back."""
    handshake_burst: int = Field(default=1000, ge=1)
    """How many it lets in at once before that rate counts."""
    unready_seconds: float = Field(default=0.0, ge=0)
    """How long a leaving web process fails `/readyz` before it turns newcomers away: what the
    load balancer needs to notice."""
    drain_seconds: float = Field(default=20.0, ge=0)
    """Over how long a leaving web process closes its sockets; a few are closed at once."""
    sender_inline: bool | None = None
    """Whether the sender loop runs as a thread of the web process; default: embedded only."""
    dispatcher_inline: bool | None = None
    """Whether the dispatcher runs as a thread of the web process; default: embedded only."""

    @model_validator(mode="after")
    def _travel_service_has_url(self) -> Self:
        if self.travel in ("osrm", "valhalla") and not self.travel_url:
            raise ValueError(f"PAIDAN_TRAVEL={self.travel} needs PAIDAN_TRAVEL_URL")
        return self

    @field_validator("time_zone")
    @classmethod
    def _time_zone_exists(cls, name: str) -> str:
        if name not in available_timezones():
            raise ValueError(f"PAIDAN_TIME_ZONE: there is no time zone {name}")
        return name

    @model_validator(mode="after")
    def _webhooks_leave_the_machine(self) -> Self:
        if self.production and self.webhook_loopback:
            raise ValueError("PAIDAN_WEBHOOK_LOOPBACK is not for production")
        return self

    @model_validator(mode="after")
    def _trusts_only_real_authorities(self) -> Self:
        if self.production and self.sandbox_ca_file is not None:
            raise ValueError("PAIDAN_SANDBOX_CA_FILE is not for production")
        return self

    @property
    def embedded(self) -> bool:
        """Whether this installation needs no server beside its own process."""
        return not self.database_url and not self.redis_url

    @property
    def broker(self) -> str:
        """URL of Celery's broker; empty when there is none."""
        return self.broker_url or self.redis_url

    @property
    def runs_sender(self) -> bool:
        """Whether `serve` starts the sender loop itself."""
        return self.embedded if self.sender_inline is None else self.sender_inline

    @property
    def runs_dispatcher(self) -> bool:
        """Whether `serve` starts the dispatcher itself."""
        return self.embedded if self.dispatcher_inline is None else self.dispatcher_inline


@lru_cache(maxsize=1)
def environment() -> Environment:
    """Read the environment once per process."""
    return Environment()
