"""Django settings of all three processes; what differs is the URL conf and the powers."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from . import database, env, keys

ENV = env.current()
PROCESS: str = ENV["PROCESS"]
HOTLINE = Path(__file__).resolve().parents[1]

SECRET_KEY = keys.read(ENV.home, f"django-{PROCESS}.key").decode()
DEBUG = False
URL = ENV["CONSOLE_URL"] if PROCESS == "console" else ENV["PUBLIC_URL"]
ALLOWED_HOSTS = [urlsplit(URL).hostname or "", "127.0.0.1", "localhost"]
CSRF_TRUSTED_ORIGINS = [URL]
ROOT_URLCONF = f"lindung.hotline.config.urls_{'console' if PROCESS == 'console' else 'public'}"
WSGI_APPLICATION = "lindung.hotline.config.wsgi.application"

IS_PUBLIC = PROCESS == "public"

# The public process has no sessions and no sign-in, so it does not even load them.
_sign_in = [
    "django.contrib.sessions",
    "django.contrib.messages",
    "allauth",
    "allauth.account",
    "allauth.mfa",
]
INSTALLED_APPS = [
    "lindung.hotline.web",  # first: its templates stand before allauth's own
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.staticfiles",
    "procrastinate.contrib.django",
    *([] if IS_PUBLIC else _sign_in),
    "lindung.hotline.accounts",
    "lindung.hotline.custody",
    "lindung.hotline.intake",
    "lindung.hotline.casework",
    "lindung.hotline.triage",
    "lindung.hotline.referral",
    "lindung.hotline.guidance",
    "lindung.hotline.config",
]

_first = [
    "lindung.hotline.web.source.from_proxy",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "lindung.hotline.web.middleware.headers",
    "lindung.hotline.web.middleware.size_limit",
    "lindung.hotline.web.middleware.readable",
]
_public = [
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
]
_console = [
    "lindung.hotline.web.marks.pages",
    "django.contrib.sessions.middleware.SessionMiddleware",
    *_public,
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "lindung.hotline.accounts.middleware.actor",
    "lindung.hotline.accounts.middleware.second_factor",
]
MIDDLEWARE = _first + (_public if IS_PUBLIC else _console)

_signed_in = [
    "django.contrib.auth.context_processors.auth",
    "django.contrib.messages.context_processors.messages",
    "lindung.hotline.console.context.alarms",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "lindung.hotline.web.context.hotline",
                *([] if IS_PUBLIC else _signed_in),
            ]
        },
    }
]

DATABASES = {"default": database.connection(ENV, PROCESS)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Sign-in
AUTH_USER_MODEL = "accounts.Person"
AUTHENTICATION_BACKENDS = ["lindung.hotline.accounts.backend.Door"]
PASSWORD_HASHERS = ["lindung.hotline.accounts.hashers.ProvenHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
ACCOUNT_ADAPTER = "lindung.hotline.accounts.adapter.ClosedAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_EMAIL_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_REAUTHENTICATION_TIMEOUT = 600
ACCOUNT_RATE_LIMITS = False  # counted in the database, by accounts.doors
ACCOUNT_FORMS = {"change_password": "lindung.hotline.accounts.forms.OwnPasswordForm"}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
# A key is a second factor: the database cannot see its signature yet (docs/decisions/0028).
MFA_PASSKEY_LOGIN_ENABLED = False
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = urlsplit(URL).hostname in ("127.0.0.1", "localhost")
MFA_TOTP_ISSUER = ENV["HOTLINE_NAME"]
MFA_TOTP_TOLERANCE = 1  # a code may turn over while it is typed (RFC 6238 section 5.2)
MFA_FORMS = {
    "authenticate": "lindung.hotline.accounts.forms.SignInForm",
    "reauthenticate": "lindung.hotline.accounts.forms.SignInAgainForm",
}
LOGIN_URL = "/accounts/login/"
LOGIN_REDIRECT_URL = "/"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_SAMESITE = "Strict"

# Browsers
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_AGE = None  # with the browser, like the session; public pages set none at all
CSRF_COOKIE_SAMESITE = "Strict"
CSRF_FAILURE_VIEW = "lindung.hotline.web.views.csrf_failure"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = URL.startswith("https://")
SECURE_HSTS_SECONDS = 31536000 if URL.startswith("https://") else 0
SECURE_REFERRER_POLICY = "same-origin"  # "no-referrer" makes browsers send "Origin: null"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 262_144
DATA_UPLOAD_MAX_NUMBER_FIELDS = 200

# Languages
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("ms", "Bahasa Melayu")]
LANGUAGE_COOKIE_SAMESITE = "Strict"
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SECURE = URL.startswith("https://")
LOCALE_PATHS = [HOTLINE / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False

# Nothing in logs that names anybody or opens anything: see logs.py.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "lindung.hotline.config.logs.Quiet"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {
        "django.server": {"level": "WARNING"},
        "procrastinate": {"level": "WARNING"},
    },
}
