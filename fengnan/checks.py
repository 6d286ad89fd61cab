"""What `manage.py check --deploy` asks beyond Django's own checks."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import Tags, Warning, register

OTHERS = 0o077


@register(Tags.security, deploy=True)
def data_is_private(app_configs: Any, **options: Any) -> list[Warning]:
    """Data folder and database are for the portal's own account alone."""
    paths = [(Path(settings.DATA_DIR), "700")]
    database = settings.DATABASES["default"]
    if database["ENGINE"].endswith("sqlite3"):
        paths.append((Path(database["NAME"]), "600"))
    return [
        Warning(f"Other accounts of this machine may read {path}.", hint=f"Run: chmod {mode} {path}", id="fengnan.W001")
        for path, mode in paths
        if path.exists() and path.stat().st_mode & OTHERS
    ]
