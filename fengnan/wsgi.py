"""The WSGI application, served by granian or any other WSGI server.

The portal may live under a path (`SCRIPT_NAME=/fengnan`): the prefix is taken off the path here, whether or not
the proxy in front has already done so.
"""

import gc
import os
from typing import Any

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver
from django.utils.translation import override

from registry.memory import return_memory

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fengnan.settings")
_django = get_wsgi_application()
for _language, _name in settings.LANGUAGES:  # all pages and words, before worker processes are made, which share them
    with override(_language):
        _ = get_resolver().reverse_dict


def application(environ: dict[str, Any], start_response: Any) -> Any:
    prefix = settings.FORCE_SCRIPT_NAME or ""
    path = environ.get("PATH_INFO", "")
    if prefix and (path == prefix or path.startswith(prefix + "/")):
        environ["PATH_INFO"] = path[len(prefix) :] or "/"
    return _django(environ, start_response)


return_memory()  # that of the start, which would else be copied into each process made of this one
gc.freeze()  # what start-up made lives for ever: keep it out of every later collection
