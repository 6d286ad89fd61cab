"""Checks of what the installation is made of: settings, folders, disks."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlparse

from django.conf import settings
from django.http.request import validate_host
from django.utils.translation import gettext as _

from fengnan.checks import data_is_private

from .finding import Finding, doubtful, good, wrong

LOCAL_HOSTS = {"127.0.0.1", "localhost", "[::1]"}
LEAST_FREE, LOW_FREE = 500_000_000, 3_000_000_000  # bytes
GIGABYTE = 1e9


def check_mode() -> Iterator[Finding]:
    if settings.DEBUG:
        yield wrong(_("DEBUG is on: error pages show settings and code"), _("Remove DEBUG from the environment"))
    elif settings.DEMO:
        yield doubtful(
            _("This is a demonstration (DEMO): its accounts share one password"),
            _("For production set DEMO=0, or start without make run"),
        )
    else:
        yield good(_("DEBUG and DEMO are off"))


def check_secret_key() -> Iterator[Finding]:
    key = settings.SECRET_KEY
    if key.startswith("only-for-development") or len(set(key)) < 10:
        yield wrong(
            _("SECRET_KEY is weak"),
            _("Set it to the output of: python -c 'import secrets; print(secrets.token_urlsafe(50))'"),
        )
    else:
        yield good(_("SECRET_KEY is strong"))


def check_hosts() -> Iterator[Finding]:
    hosts = settings.ALLOWED_HOSTS
    site = urlparse(settings.SITE_URL).hostname
    if "*" in hosts:
        yield wrong(_("ALLOWED_HOSTS lets every name in"), _("List the names people type, separated by commas"))
    elif site and not validate_host(site, hosts):
        yield wrong(
            _("ALLOWED_HOSTS does not hold %(host)s, the host of SITE_URL") % {"host": site},
            _("Add it to ALLOWED_HOSTS"),
        )
    elif not settings.DEMO and set(hosts) <= LOCAL_HOSTS:
        yield doubtful(
            _("ALLOWED_HOSTS holds this machine alone: nobody else reaches the portal"),
            _("List the names people type, separated by commas"),
        )
    else:
        yield good(_("ALLOWED_HOSTS: %(hosts)s") % {"hosts": ", ".join(hosts)})


def check_https() -> Iterator[Finding]:
    if settings.DEMO or settings.DEBUG:
        return
    if not settings.HTTPS_ONLY:
        yield doubtful(
            _("HTTPS_ONLY is off: passwords cross the network in the clear"),
            _("Set up TLS (docs/OPERATING.md) and HTTPS_ONLY=1"),
        )
    elif settings.SITE_URL.startswith("http:"):
        yield wrong(_("SITE_URL begins with http:// and HTTPS_ONLY is on"), _("Write it with https://"))
    elif not settings.PROXIES:
        yield doubtful(
            _("HTTPS_ONLY is on and BEHIND_PROXY is 0: behind nginx every request would be redirected for ever"),
            _("Set BEHIND_PROXY to the number of proxies"),
        )
    else:
        yield good(_("HTTPS only"))


def check_mail() -> Iterator[Finding]:
    if settings.DEMO or settings.DEBUG:
        return
    if not settings.SITE_URL:
        yield doubtful(_("SITE_URL is not set: no e-mail is sent"), _("Set it to the address people type"))
    elif settings.EMAIL_BACKEND.endswith("console.EmailBackend"):
        yield doubtful(_("EMAIL_URL is not set: e-mails are only printed"), _("Set EMAIL_URL and EMAIL_FROM"))
    else:
        yield good(_("E-mail goes through %(host)s") % {"host": settings.EMAIL_HOST})


def folders() -> dict[str, Path]:
    """The folders that web and worker write, by the setting that names them."""
    data = Path(settings.DATA_DIR)
    named = {"DATA_DIR": data, "DATA_DIR/media": Path(settings.MEDIA_ROOT), "DATA_DIR/private": settings.PRIVATE_ROOT}
    named["EVENTS_DIR"] = Path(settings.EVENTS_DIR)
    return named | ({"BACKUP_DIR": settings.BACKUP_DIR} if settings.BACKUP_DIR else {})


def check_folders() -> Iterator[Finding]:
    written = 0
    for name, folder in folders().items():
        problem = _write_problem(folder)
        if problem:
            yield wrong(
                _("%(name)s cannot be written: %(folder)s (%(problem)s)")
                % {"name": name, "folder": folder, "problem": problem},
                _("Give the folder to the account the portal runs as: chown, chmod 700"),
            )
        else:
            written += 1
    if written == len(folders()):
        yield good(_("All folders can be written: %(names)s") % {"names": ", ".join(folders())})
    for warning in data_is_private(None):
        yield doubtful(_("Other accounts of this machine can read the data"), str(warning.hint).removeprefix("Run: "))


def _write_problem(folder: Path) -> str:
    """Why nothing can be written into a folder, or into the one it will be made in; empty if it can."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    try:
        with tempfile.TemporaryFile(dir=folder):
            return ""
    except OSError as error:
        return error.strerror or type(error).__name__


def check_disks() -> Iterator[Finding]:
    seen: set[int] = set()
    for name, folder in folders().items():
        if not folder.exists() or folder.stat().st_dev in seen:
            continue
        seen.add(folder.stat().st_dev)
        free = shutil.disk_usage(folder).free
        text = _("%(name)s has %(free).1f GB left") % {"name": name, "free": free / GIGABYTE}
        todo = _("Free the disk or make it larger; a full disk stops all writing")
        if free < LEAST_FREE:
            yield wrong(text, todo)
        elif free < LOW_FREE:
            yield doubtful(text, todo)
        else:
            yield good(text)
