"""Log lines of production: one JSON object each, with the id of the request or job they belong to."""

import json
import logging
from datetime import UTC, datetime

from registry.access.client_ip import caller

EXTRA = ("method", "path", "status", "ms", "account")  # of the request log


class JSONFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        # Django logs some answers after all middleware; the record then has the request
        origin = getattr(getattr(record, "request", None), "caller", None) or caller()
        if origin.request_id:
            line |= {"request_id": origin.request_id, "address": origin.address}
        line |= {name: getattr(record, name) for name in EXTRA if hasattr(record, name)}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)
