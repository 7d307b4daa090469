"""Django settings, derived from the typed environment and nothing else."""

import secrets
from functools import partial
from typing import Any

import dj_database_url
import django_stubs_ext

from core.environment import ROOT, environment
from core.kept_files import kept
from core.logs import configure_logs


django_stubs_ext.monkeypatch()

env = environment()

FOREVER_SECONDS = 10**10


def _secret_key() -> str:
    """Take the configured key, or keep a generated one beside the embedded database."""
    if env.secret_key:
        return env.secret_key
    if env.production:
        message = "PAIDAN_SECRET_KEY must be set in production"
        raise RuntimeError(message)
    return kept(env.data_dir / "secret_key", partial(secrets.token_urlsafe, 48))


def _database() -> dict[str, Any]:
    if env.database_url:
        database: dict[str, Any] = dict(dj_database_url.parse(env.database_url, conn_max_age=600))
        database["CONN_HEALTH_CHECKS"] = True
        if database["ENGINE"].endswith("mysql"):
            database["ENGINE"] = "core.direct_mysql"
            database["OPTIONS"] = {"charset": "utf8mb4", "isolation_level": "read committed"}
        return database
    env.data_dir.mkdir(parents=True, exist_ok=True)
    return {
        "ENGINE": "core.fair_sqlite3",
        "NAME": env.data_dir / "paidan.sqlite3",
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            # A write transaction takes the write lock at BEGIN: no upgrade can fail half-way.
            "transaction_mode": "IMMEDIATE",
            "timeout": 30,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        },
    }


def _channel_layer() -> dict[str, Any]:
    if not env.redis_url:
        # Its members are this process's own: none may be forgotten after a day, or after a minute
        # in which the machine slept.
        config: dict[str, Any] = {
            "capacity": 100_000,
            "expiry": FOREVER_SECONDS,
            "group_expiry": FOREVER_SECONDS,
        }
        if env.bus_dir is not None:
            config["folder"] = str(env.bus_dir)
            return {"BACKEND": "core.machine_bus.MachineBus", "CONFIG": config}
        return {"BACKEND": "channels.layers.InMemoryChannelLayer", "CONFIG": config}
    return {
        # Pub/sub: membership lives in the connection, so a flushed Redis forgets no subscriber.
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [env.redis_url], "prefix": "paidan"},
    }


SECRET_KEY = _secret_key()
DEBUG = False
ALLOWED_HOSTS = [host.strip() for host in env.allowed_hosts.split(",") if host.strip()]
CSRF_TRUSTED_ORIGINS = [env.public_url]

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "channels",
    "ninja",  # its own copies of the API documents' scripts and styles
    "core",
    "dispatch",
    "notifications",
    "realtime",
    "web",
]
MIDDLEWARE = [
    "core.api.middleware.MomentMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
X_FRAME_OPTIONS = "SAMEORIGIN"
ROOT_URLCONF = "urls"
ASGI_APPLICATION = "asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
            ],
        },
    },
]

DATABASES = {"default": _database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CHANNEL_LAYERS = {"default": _channel_layer()}

AUTH_USER_MODEL = "core.Person"
LOGIN_REDIRECT_URL = "/"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = env.production
DATA_UPLOAD_MAX_MEMORY_SIZE = 256 * 1024

LANGUAGE_CODE = "zh-hans"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATICFILES_DIRS = [("app", ROOT / "web" / "dist" / "build" / "h5")]
STATIC_ROOT = env.data_dir / "static"
STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # WhiteNoise warns of a missing one
WHITENOISE_USE_FINDERS = True
# The build of the screens names its files by their content, so that browsers may keep them.
WHITENOISE_IMMUTABLE_FILE_TEST = r"^/static/app/assets/.+[.-][\w-]{8}\.\w+$"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}

LOGGING_CONFIG = None
configure_logs(env.log_level)
BASE_DIR = ROOT
