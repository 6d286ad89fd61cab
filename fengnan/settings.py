"""Settings, all of them: each environment variable is read once, with its type; a wrong value stops the start.

The embedded default needs nothing: SQLite under `var/`, no Redis. `DATABASE_URL` and `REDIS_URL` switch the same
code to PostgreSQL and Redis.
"""

import os
from datetime import timedelta
from pathlib import Path
from urllib.parse import ParseResult, parse_qsl, unquote, urlparse

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

BASE_DIR = Path(__file__).resolve().parent.parent


def env(name: str, default: str = "") -> str:
    """The variable without white space around it; one that is empty is one that is not set."""
    return os.environ.get(name, "").strip() or default


def env_bool(name: str, default: bool = False) -> bool:
    value = env(name, "1" if default else "0").lower()
    if value not in {"0", "1", "true", "false", "yes", "no"}:
        raise ImproperlyConfigured(f"{name} must be 0 or 1, not {value!r}.")
    return value in {"1", "true", "yes"}


def env_int(name: str, default: int, least: int = 0) -> int:
    value = env(name, str(default))
    if not (value.isascii() and value.isdigit() and int(value) >= least):
        raise ImproperlyConfigured(f"{name} must be a whole number of at least {least}, not {value!r}.")
    return int(value)


def env_choice(name: str, default: str, *others: str) -> str:
    value = env(name, default).lower()
    if value not in {default, *others}:
        raise ImproperlyConfigured(f"{name} must be {' or '.join(sorted({default, *others}))}, not {value!r}.")
    return value


def env_list(name: str, default: str = "") -> list[str]:
    return [item.strip() for item in env(name, default).split(",") if item.strip()]


DEBUG = env_bool("DEBUG")
DEMO = env_bool("DEMO")
DEMO_PASSWORD = env("DEMO_PASSWORD")
TESTING = env_bool("TESTING")
DATA_DIR = Path(env("DATA_DIR", str(BASE_DIR / "var")))
os.umask(0o077)  # what the portal writes is for its own account alone: database, photos, ledgers
FILE_UPLOAD_PERMISSIONS, FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o600, 0o700

SECRET_KEY = env("SECRET_KEY")
if len(SECRET_KEY) < 40:
    if not (DEBUG or TESTING):
        raise ImproperlyConfigured(
            "SECRET_KEY is missing or shorter than 40 characters. Set it to a long random text, for example the output "
            "of: python -c 'import secrets; print(secrets.token_urlsafe(50))'. `make run` makes one by itself."
        )
    SECRET_KEY = "only-for-development-and-tests-never-for-production"

ALLOWED_HOSTS = env_list("ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]")
CSRF_TRUSTED_ORIGINS = env_list("CSRF_TRUSTED_ORIGINS")
CSRF_FAILURE_VIEW = "fengnan.middleware.errors.without_token"
FORCE_SCRIPT_NAME = env("SCRIPT_NAME").rstrip("/") or None
PROXIES = env_int("BEHIND_PROXY", 0)  # how many stand before the portal: so many entries of X-Forwarded-For are theirs
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if PROXIES else None
SITE_URL = env("SITE_URL").rstrip("/")  # the address links in mails begin with, never taken from a request
if SITE_URL and not (urlparse(SITE_URL).scheme in {"http", "https"} and urlparse(SITE_URL).netloc):
    raise ImproperlyConfigured(f"SITE_URL must begin with http:// or https:// and a host, not {SITE_URL!r}.")
HTTPS_ONLY = env_bool("HTTPS_ONLY", default=not (DEBUG or DEMO or TESTING))
SECURE_SSL_REDIRECT = SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS_ONLY
SECURE_SSL_HOST = urlparse(SITE_URL).netloc or None  # where plain requests are led; None: to the host they asked for
SECURE_HSTS_SECONDS = env_int("HSTS_SECONDS", 365 * 86400) if HTTPS_ONLY else 0
# The portal speaks for its own host: what other hosts of the domain do is decided by whoever runs them.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
SESSION_COOKIE_HTTPONLY = True
SESSION_ENGINE = "django.contrib.sessions.backends.db"
IDLE_MINUTES = env_int("IDLE_MINUTES", 30, least=1)
SESSION_HOURS = 12  # at most, however busy
SESSION_COOKIE_AGE = SESSION_HOURS * 3600
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

INSTALLED_APPS = [
    "fengnan",
    "assessment",
    "registry",
    "fengnan.admin_site.PortalAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "fengnan.static_files.ServedFilesConfig",
    "django.forms",  # its templates, which templates/django/forms goes before
    "django_filters",
    "django_htmx",
    "template_partials",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "csp",
    "axes",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
]
SERIALIZATION_MODULES = {"json": "registry.loading.fixture_format"}

MIDDLEWARE = [
    "registry.access.client_ip.CallerMiddleware",
    "fengnan.health.HealthChecks",
    "fengnan.metrics.MetricsPage",
    "fengnan.middleware.request_log.RequestLog",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "fengnan.middleware.page_cache.PageCache",
    "django.middleware.gzip.GZipMiddleware",
    "django.middleware.http.ConditionalGetMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "registry.api.language.Locale",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "fengnan.middleware.refused_attempts.RefusedAttempts",
    "fengnan.middleware.sessions.SessionRules",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "fengnan.middleware.csp.ContentPolicy",
    "django_htmx.middleware.HtmxMiddleware",
    "fengnan.middleware.errors.BadInputMiddleware",
    "fengnan.middleware.errors.BodyLengthMiddleware",
    "registry.api.throttles.LimitHeaders",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "fengnan.urls"
WSGI_APPLICATION = "fengnan.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "fengnan.context_processors.site",
            ],
            "builtins": ["fengnan.templatetags.showcase"],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"  # fields are drawn by templates/django/forms


def split_url(name: str, url: str) -> ParseResult:
    """The parts of the URL of a server. Refuses one whose password was not quoted and so breaks it apart."""
    parts = urlparse(url)
    try:
        is_whole = not parts.fragment and "@" not in parts.path + parts.query and (parts.port or True)
    except ValueError:
        is_whole = False
    if not is_whole:
        raise ImproperlyConfigured(
            f"{name} cannot be read. In its password, write / as %2F, # as %23, @ as %40, ? as %3F, or give the "
            f"password as it is in {name.replace('_URL', '_PASSWORD')}."
        )
    return parts


def database(url: str, password: str = "") -> dict:
    """A Django database from a URL: `sqlite:////path/file.sqlite3` or `postgresql://user:password@host:port/name`.
    `password` holds where the URL has none."""
    parts = split_url("DATABASE_URL", url)
    if parts.scheme == "sqlite":
        return {
            "ENGINE": "fengnan.sqlite",
            "NAME": unquote(parts.path)[1:] or ":memory:",
            "CONN_MAX_AGE": 600,  # an open connection keeps its prepared statements
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 30,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA temp_store=MEMORY; "
                "PRAGMA mmap_size=134217728; PRAGMA cache_size=-20000; PRAGMA recursive_triggers=ON;",
            },
        }
    if parts.scheme in {"postgres", "postgresql"}:
        return {
            "ENGINE": "fengnan.postgresql",
            "NAME": unquote(parts.path)[1:],
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or "") or password,
            "HOST": parts.hostname or "",
            "PORT": str(parts.port or ""),
            "CONN_MAX_AGE": 600,
            "CONN_HEALTH_CHECKS": True,
            "OPTIONS": {"connect_timeout": 3, "prepare_threshold": 2, **dict(parse_qsl(parts.query))},
        }
    raise ImproperlyConfigured(f"DATABASE_URL must begin with sqlite: or postgresql:, not {parts.scheme!r}.")


DATABASES = {
    "default": database(env("DATABASE_URL", f"sqlite:///{DATA_DIR / 'registry.sqlite3'}"), env("DATABASE_PASSWORD"))
}
REDIS_URL = env("REDIS_URL")
JOB_LEASE = env_int("JOB_LEASE", 60, least=2)  # seconds a worker has for a step before another one takes over
CACHES = {
    "default": {"BACKEND": "fengnan.redis_cache.RedisCache", "LOCATION": REDIS_URL}
    if REDIS_URL
    else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
}
PAGE_CACHE_MB = env_int("PAGE_CACHE_MB", 0 if DEBUG else 16)  # public pages in the memory of each web process; 0: none


def mail(url: str, password: str = "") -> dict:
    """How mail is sent, from a URL: `smtp://user:password@host:25`, `smtps://…` for TLS from the first byte,
    `smtp+tls://…` for STARTTLS. Empty: mails are printed. `password` holds where the URL has none."""
    if not url:
        return {"EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend"}
    parts = split_url("EMAIL_URL", url)
    if parts.scheme not in {"smtp", "smtps", "smtp+tls"} or not parts.hostname:
        raise ImproperlyConfigured("EMAIL_URL must be smtp://, smtps:// or smtp+tls://, and a host.")
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": parts.port or {"smtp": 25, "smtps": 465, "smtp+tls": 587}[parts.scheme],
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or "") or password,
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        "EMAIL_USE_TLS": parts.scheme == "smtp+tls",
    }


globals().update(mail(env("EMAIL_URL"), env("EMAIL_PASSWORD")))
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = env("EMAIL_FROM", "registry@localhost")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "registry.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]


def password_rules(policy: str) -> list[dict]:
    """What a new password must be. `modern`: long and not common. `dengbao`: that, and of three kinds of character."""
    rules: list[dict] = [
        {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
        {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
        {"NAME": "registry.access.passwords.DiffersFromPresent"},
    ]
    return [*rules, {"NAME": "registry.access.passwords.KindsOfCharacter"}] if policy == "dengbao" else rules


PASSWORD_POLICY = env_choice("PASSWORD_POLICY", "modern", "dengbao")
PASSWORD_DAYS = 90 if PASSWORD_POLICY == "dengbao" and not DEMO else None  # after so many, a new one is asked for
AUTH_PASSWORD_VALIDATORS = password_rules(PASSWORD_POLICY)
PASSWORD_HASHERS = ["registry.access.password_hashing.SlottedPBKDF2"]
if TESTING:
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # hundreds of accounts are made
SECOND_FACTOR = env_choice("SECOND_FACTOR", "offered" if DEMO or TESTING else "required", "offered", "required")


def OTP_TOTP_ISSUER(_device: object) -> str:
    return import_string("registry.models.registry_title")()


# Signing in at an identity provider (OpenID Connect): its address, our client there, the claim that is a user name here
OIDC_ISSUER = env("OIDC_ISSUER").rstrip("/")
OIDC_CLIENT_ID, OIDC_CLIENT_SECRET = env("OIDC_CLIENT_ID"), env("OIDC_CLIENT_SECRET")
OIDC_CLAIM, OIDC_NAME = env("OIDC_CLAIM", "preferred_username"), env("OIDC_NAME")
if OIDC_ISSUER and not (OIDC_ISSUER.startswith("https://") or DEBUG or DEMO or TESTING):
    raise ImproperlyConfigured(f"OIDC_ISSUER must begin with https://, not {OIDC_ISSUER!r}.")
if OIDC_ISSUER and not (OIDC_CLIENT_ID and OIDC_CLIENT_SECRET):
    raise ImproperlyConfigured("OIDC_ISSUER is set: OIDC_CLIENT_ID and OIDC_CLIENT_SECRET must be set too.")

# Wrong passwords: five for a name from one address, fifty for a name from everywhere, then a quarter of an hour's rest
AXES_HANDLER = "fengnan.middleware.sessions.WrongPasswords"
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_RESET_ON_SUCCESS = True
AXES_SENSITIVE_PARAMETERS = ["username", "ip_address", "old_password", "new_password1", "new_password2"]
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_CLIENT_IP_CALLABLE = "registry.access.client_ip.client_ip"
AXES_LOCKOUT_CALLABLE = "registry.views.signing_in.locked_out"
AXES_ENABLE_ADMIN = AXES_VERBOSE = False
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "desk"
LOGOUT_REDIRECT_URL = "dashboard"

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("Simplified Chinese")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale", BASE_DIR / "locale" / "django"]  # the second: better words for Django's own
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True

STATIC_URL = f"{FORCE_SCRIPT_NAME or ''}/static/"
STATIC_ROOT = Path(env("STATIC_DIR", str(DATA_DIR / "static")))
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_URL = env("MEDIA_URL", f"{FORCE_SCRIPT_NAME or ''}/media/")
MEDIA_ROOT = DATA_DIR / "media"
PRIVATE_ROOT = DATA_DIR / "private"  # uploads and originals: no web server looks here
EVENTS_DIR = Path(env("EVENTS_DIR", str(DATA_DIR / "events")))  # daily sealed exports: best on another disk
BACKUP_DIR = Path(env("BACKUP_DIR")) if env("BACKUP_DIR") else None  # a backup each night: best on another disk
BACKUP_KEEP = env_int("BACKUP_KEEP", 14, least=1)  # days
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG or TESTING
        else "fengnan.static_files.StaticFilesStorage"
    },
}
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = DEBUG or TESTING

# What a district may switch on (README, "Maps"): none by default, nothing is fetched from elsewhere.
DISTRICT_AREA = env("DISTRICT_AREA")  # the area of the registry, where it is not the one that was set up
TILES_URL = env("TILES_URL")
MAP_OUTLINE = env("MAP_OUTLINE")  # a GeoJSON file of the district and its townships
if MAP_OUTLINE and not Path(MAP_OUTLINE).is_file():
    raise ImproperlyConfigured(f"MAP_OUTLINE names a file that is not there: {MAP_OUTLINE}.")
MAP_REVIEW_NUMBER = env("MAP_REVIEW_NUMBER")  # 审图号
MAP_ATTRIBUTION = env("MAP_ATTRIBUTION")
REPORT_FONT = env("REPORT_FONT")  # a TrueType font with Chinese for PDF; without, the usual folders are searched
if REPORT_FONT and not Path(REPORT_FONT).is_file():
    raise ImproperlyConfigured(f"REPORT_FONT names a file that is not there: {REPORT_FONT}.")

_tiles_host = [f"{urlparse(TILES_URL).scheme}://{urlparse(TILES_URL).netloc}"] if TILES_URL else []
CONTENT_SECURITY_POLICY = {
    "EXCLUDE_URL_PREFIXES": [],
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:", *_tiles_host],
        "style-src": [SELF],
        "script-src": [SELF],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    },
}

# Days after which what is needed no longer is cleared, each night (registry/actions/cleanup.py)
KEEP_CONTACT_DAYS = env_int("KEEP_CONTACT_DAYS", 180, least=1)  # of who left a remark or booked, once that is over
KEEP_UPLOAD_DAYS = env_int("KEEP_UPLOAD_DAYS", 30, least=1)  # photos never finished, files never applied
KEEP_ANSWER_DAYS = env_int("KEEP_ANSWER_DAYS", 7, least=1)  # a program that retries later has to look first
KEEP_DELIVERY_DAYS = env_int("KEEP_DELIVERY_DAYS", 90, least=1)  # calls of web hooks that arrived
KEEP_SIGN_IN_DAYS = env_int("KEEP_SIGN_IN_DAYS", 400, least=180)  # the law asks for six months of logs

# Requests of programs a minute, by token or account and by address without one; 0 is without limit
API_PER_MINUTE = env_int("API_PER_MINUTE", 0 if TESTING else 1200)
API_PER_MINUTE_WITHOUT_TOKEN = env_int("API_PER_MINUTE_WITHOUT_TOKEN", 0 if TESTING else 300)
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "registry.api.authentication.TokenAuthentication",
        "registry.api.authentication.DeskSession",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["registry.api.authentication.WithinToken"],
    "DEFAULT_THROTTLE_CLASSES": ["registry.api.throttles.PerMinute"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "registry.api.schema.Schema",
    "DEFAULT_METADATA_CLASS": None,
    "EXCEPTION_HANDLER": "registry.api.problems.document",
    "URL_FORMAT_OVERRIDE": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Showcase registry",
    "DESCRIPTION": "Figures, and the records they are computed from. docs/API.md shows how to ask.",
    "VERSION": "0.1.0",
    "LICENSE": {"name": "Apache-2.0"},
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVERS": [{"url": "/"}],
    "POSTPROCESSING_HOOKS": ["registry.api.openapi_hooks.say_null"],  # choices stay where they are used
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "validatorUrl": None, "defaultModelsExpandDepth": -1},
}
METRICS_TOKEN = env("METRICS_TOKEN")  # what Prometheus sends to read /metrics; without one there is no such page
if 0 < len(METRICS_TOKEN) < 20:
    raise ImproperlyConfigured("METRICS_TOKEN is shorter than 20 characters. Set it to a long random text.")
IN_PRODUCTION = not (DEBUG or DEMO or TESTING)
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "fengnan.logs.JSONFormatter"}, "plain": {"format": "%(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "json" if IN_PRODUCTION else "plain"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {"registry.requests": {"level": "INFO" if IN_PRODUCTION else "WARNING"}},
}
