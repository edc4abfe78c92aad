"""The one settings file. Everything an installation may choose comes from the environment (DESIGN: README, "Settings")."""

from pathlib import Path
from urllib.parse import urlsplit

from csp.constants import NONE, SELF

from portal.environment import Environment, is_local
from portal.languages import LANGUAGES as ALL_LANGUAGES
from portal.languages import teach_django

BASE_DIR = Path(__file__).resolve().parent.parent
env = Environment(BASE_DIR)

VAR_DIR = env.folder("VAR_DIR", BASE_DIR / "var")
SITE_URL = env.url("SITE_URL", f"http://127.0.0.1:{env.text('PORT', '8000')}")
SITE_HOST = urlsplit(SITE_URL).hostname or "127.0.0.1"
SITE_PORT = urlsplit(SITE_URL).port or (443 if SITE_URL.startswith("https") else 80)
SITE_IS_LOCAL = is_local(SITE_HOST)
DEBUG = env.boolean("DEBUG")
SECRET_KEY = env.secret_key(VAR_DIR, SITE_HOST)
ALLOWED_HOSTS = [
    host.strip()
    for host in env.text("ALLOWED_HOSTS", ",".join([SITE_HOST, *(["localhost", ".localhost"] if SITE_IS_LOCAL else [])])).split(
        ","
    )
    if host.strip()
]
env.check_public(SITE_HOST, ALLOWED_HOSTS, DEBUG)

# ── Parts ───────────────────────────────────────────────────────────────────────────────────────────────────
INSTALLED_APPS = [
    "portal.accounts",
    "portal",
    "portal.pages",
    "portal.usage",
    "portal.translating",
    "portal.desk",
    "portal.contact",
    "portal.newsletters",
    "portal.frontline",
    "portal.privacy",
    "directory",
    "cards",
    "search",
    "modeltranslation",
    "wagtail.users",
    "wagtail.snippets",
    "wagtail.documents",
    "wagtail.images",
    "wagtail.search",
    "wagtail.admin",
    "wagtail.sites",
    "wagtail.embeds",
    "wagtail.contrib.redirects",
    "wagtail",
    "modelcluster",
    "taggit",
    "django_filters",
    "django_tasks",
    "django_tasks_db",
    "csp",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
]
MIDDLEWARE = [
    "portal.tracking.TrackingMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "portal.middleware.CompressMiddleware",
    "portal.middleware.PolicyMiddleware",
    "portal.middleware.AdminPolicyMiddleware",
    "portal.middleware.UnavailableMiddleware",
    "portal.middleware.TenantMiddleware",
    "portal.till.middleware.TillMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "portal.reach.kiosk.KioskMiddleware",
    "portal.frontline.carrying.CarryMiddleware",
    "portal.middleware.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "portal.accounts.middleware.SessionMiddleware",
    "portal.accounts.middleware.SecondFactorMiddleware",
    "portal.middleware.StaffDoorsMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "portal.helping.middleware.HelpingMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "portal.pages.redirects.OldAddressMiddleware",
    "portal.middleware.BodySizeMiddleware",
    "portal.usage.middleware.UsageMiddleware",
    "portal.kept_pages.KeptPagesMiddleware",
]
ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "portal.context.site",
            ],
        },
    }
]
FORMS_URLFIELD_ASSUME_HTTPS = True

# ── Database, files, queue ──────────────────────────────────────────────────────────────────────────────────
DATABASES = {"default": env.database(VAR_DIR)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "accounts.User"
CARD_KEY_FILE = env.file("CARD_KEY_FILE", VAR_DIR / "keys" / "card.key")  # cards/ledger/keys.py
TAG_KEY_FILE = env.file("TAG_KEY_FILE", VAR_DIR / "keys" / "tag.keys")
MEDIA_ROOT = VAR_DIR / "media"
MEDIA_URL = "/media/"
PRIVATE_ROOT = VAR_DIR / "private"  # uploaded sheets and other files no visitor may fetch
STATIC_URL = "/static/"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    # The site starts without a collecting step: files are served from where they stand, ours under hashed names.
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG
WHITENOISE_IMMUTABLE_FILE_TEST = r"^/static/portal/build/.+[-.][0-9A-Za-z]{8,}\.\w+$"
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
}
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": []}}
KEPT_SECONDS = 0 if DEBUG else 60  # so long a public page is given again unmade, while nothing has changed
USAGE_FLUSH_SECONDS = 5.0  # so long what was shown and asked for waits in memory, to be counted many at once
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_500_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5_000  # 19 languages × texts and the rows of sessions
FILE_UPLOAD_TEMP_DIR = VAR_DIR / "uploads"
FILE_UPLOAD_PERMISSIONS = 0o644

# ── Languages ───────────────────────────────────────────────────────────────────────────────────────────────
teach_django()
LANGUAGE_CODE = "nb"
LANGUAGES = ALL_LANGUAGES
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
FORMAT_MODULE_PATH = "portal.formats"
USE_TZ = True
TIME_ZONE = "Europe/Oslo"
MODELTRANSLATION_DEFAULT_LANGUAGE = "nb"
MODELTRANSLATION_FALLBACK_LANGUAGES = {"default": ("nb", "en")}
MODELTRANSLATION_CUSTOM_FIELDS = ("StreamField", "BodyField", "LetterField")
WAGTAIL_I18N_ENABLED = False
WAGTAIL_USER_TIME_ZONES = [TIME_ZONE]  # nobody is asked for one
WAGTAILADMIN_PERMITTED_LANGUAGES = [("nb", "Norsk bokmål"), ("en", "English")]

# ── Wagtail ─────────────────────────────────────────────────────────────────────────────────────────────────
WAGTAIL_SITE_NAME = "Frittfram"
WAGTAILADMIN_BASE_URL = SITE_URL
WAGTAIL_APPEND_SLASH = True
WAGTAILREDIRECTS_AUTO_CREATE = False  # portal/pages/redirects.py keeps old addresses, for every language at once
WAGTAIL_GRAVATAR_PROVIDER_URL = None
WAGTAIL_ENABLE_UPDATE_CHECK = False
WAGTAIL_ENABLE_WHATS_NEW_BANNER = False
WAGTAIL_EMAIL_MANAGEMENT_ENABLED = False
WAGTAIL_PASSWORD_MANAGEMENT_ENABLED = False
WAGTAIL_PASSWORD_RESET_ENABLED = False
WAGTAILADMIN_NOTIFICATION_INCLUDE_SUPERUSERS = False
WAGTAILADMIN_COMMENTS_ENABLED = False
WAGTAIL_AUTOSAVE_INTERVAL = 0  # a draft is kept when somebody says so, not while a half-written word stands in a field
WAGTAILIMAGES_IMAGE_FORM_BASE = "portal.pages.images.ImageForm"
WAGTAILIMAGES_EXTENSIONS = ["gif", "jpg", "jpeg", "png", "webp", "avif"]
WAGTAILIMAGES_MAX_UPLOAD_SIZE = 12 * 1024 * 1024
WAGTAILIMAGES_MAX_IMAGE_PIXELS = 40_000_000
WAGTAILDOCS_EXTENSIONS = ["csv", "docx", "odt", "ods", "pdf", "pptx", "txt", "xlsx", "mp3", "mp4", "ogg", "vtt", "webm"]
WAGTAILDOCS_DOCUMENT_FORM_BASE = "portal.pages.documents.DocumentForm"
WAGTAILDOCS_SERVE_METHOD = "serve_view"
WAGTAILEMBEDS_FINDERS: list[dict[str, str]] = []  # embedding would fetch from a third party
WAGTAILSEARCH_BACKENDS = {"default": {"BACKEND": "wagtail.search.backends.database"}}

# ── Sign-in: by a code sent by mail, a passkey, or a provider (portal/accounts) ──────────────────────────────
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "desk"
ACCOUNT_ADAPTER = "portal.accounts.adapters.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 600  # seconds a code is good for
ACCOUNT_LOGIN_BY_CODE_MAX_ATTEMPTS = 5
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_RATE_LIMITS = False  # those count in memory, each process by itself; ours: portal/accounts/limits.py
MFA_ADAPTER = "portal.accounts.adapters.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_RATE_LIMITS = False
MFA_TOTP_TOLERANCE = 1  # clocks of telephones are off by some seconds
MFA_FORMS = {
    "authenticate": "portal.accounts.second_factor.SecondFactorForm",
    "reauthenticate": "portal.accounts.second_factor.AgainForm",
    "activate_totp": "portal.accounts.second_factor.AppForm",
}
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = SITE_IS_LOCAL  # on one's own machine there is no https
SOCIALACCOUNT_ADAPTER = "portal.accounts.openid.ProviderAdapter"
SOCIALACCOUNT_STORE_TOKENS = False
SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": env.sign_in_providers()}}
OIDC_ROLES = env.sign_in_roles("OIDC_ROLES")
RATE_LIMIT_EXEMPT = env.networks("RATE_LIMIT_EXEMPT")
STAFF_SECOND_FACTOR = True  # nobody comes to the staff screens by a mailbox alone
SESSION_COOKIE_AGE = 30 * 24 * 60 * 60
PASSWORD_HASHERS = ["django.contrib.auth.hashers.ScryptPasswordHasher", "django.contrib.auth.hashers.PBKDF2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True

# ── Transport: the scheme of SITE_URL decides ───────────────────────────────────────────────────────────────
_https = SITE_URL.startswith("https://")
SECURE_SSL_REDIRECT = _https
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _https else None
SECURE_HSTS_SECONDS = 31_536_000 if _https else 0
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _https
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "SAMEORIGIN"  # the admin shows previews in a frame of its own

# ── Content Security Policy: nothing inline, nobody else. The admin has its own (portal/middleware.py) ──────
MAP_TILES_URL = env.text("MAP_TILES_URL", "https://cache.kartverket.no/v1/wmts/1.0.0/topo/default/webmercator/{z}/{y}/{x}.png")
_tiles = urlsplit(MAP_TILES_URL)
if MAP_TILES_URL != "none" and not (
    {"{z}", "{x}", "{y}"} <= {part for part in ("{z}", "{x}", "{y}") if part in MAP_TILES_URL}
    and (_tiles.netloc or MAP_TILES_URL.startswith("/"))
):
    env.problems.append("MAP_TILES_URL must hold {z}, {x} and {y}: set it to a tile address, or to none for a map without tiles.")
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:", *([f"{_tiles.scheme}://{_tiles.netloc}"] if _tiles.netloc else [])],
        "font-src": [SELF],
        "media-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [SELF],
    }
}

# ── Services asked from the queue, never while a page is rendered ───────────────────────────────────────────
SEARCH_ENGINE = env.choice("SEARCH_ENGINE", ("embedded",))
GEOCODER_URL = env.url("GEOCODER_URL", "https://ws.geonorge.no/adresser/v1")
BRREG_URL = "https://data.brreg.no"
TRANSLATE_URL = env.translation_service("TRANSLATE_URL")
TRANSLATE_TIMEOUT = 30  # seconds for one question
TRANSLATE_DAILY_BUDGET = 500_000  # characters a day, all workers together
USER_AGENT = "Frittfram (open-source activity directory)"
REMOTE_TIMEOUT = 20  # seconds
GEOCODER_DAILY_BUDGET = 20_000  # questions a worker asks the address register
BRREG_REQUEST_BUDGET = 3_000  # questions one run of import_brreg --live asks the registers
BRREG_PAGE_SIZE = 1_000
BRREG_SYNC = env.choice("BRREG_SYNC", ("off", "on")) == "on"  # ask the registers every week what has closed
LINK_CHECKS = env.choice("LINK_CHECKS", ("on", "off")) == "on"  # ask the websites of listings every month
LINK_CHECK_ALLOW: tuple[str, ...] = ()  # hosts asked though they are in our own network; for tests
vars().update({name: value for name, value in env.mail(SITE_HOST).items() if name.startswith("EMAIL")})
EMAIL_TIMEOUT = 30  # seconds
# Which domains newsletters may be sent from, and where returned letters are told of (README, "Mail").
NEWSLETTER_DOMAINS = [entry.strip() for entry in env.text("NEWSLETTER_DOMAINS").split(",") if entry.strip()]
BOUNCE_ADDRESS = env.text("BOUNCE_ADDRESS")
BOUNCE_MAILBOX_URL = env.mailbox("BOUNCE_MAILBOX_URL")
SMS_URL = env.sms_gateway("SMS_URL", SITE_HOST)
ANYMAIL = env.mail_service()
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.text("DEFAULT_FROM_EMAIL", f"Frittfram <noreply@{SITE_HOST}>")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {"django.request": {"level": "ERROR"}, "django_tasks": {"level": "WARNING"}},
}
SILENCED_SYSTEM_CHECKS = [
    "wagtailadmin.W003",  # the admin's own base address is SITE_URL
]

for folder in (FILE_UPLOAD_TEMP_DIR, MEDIA_ROOT, PRIVATE_ROOT):
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        env.problems.append(
            f"VAR_DIR holds “{folder}”, which cannot be made ({error.strerror}): set VAR_DIR to a folder this process may write."
        )
env.raise_problems()
