"""Options of librdkafka's clients from Kafka's own client properties."""

from __future__ import annotations

import re
from collections.abc import Mapping

_JAAS = re.compile(r"""\b(username|password)\s*=\s*(?:"([^"]*)"|([^\s;"]+))""")
_JAVA_ONLY = ("sasl.jaas.config", "key.", "value.", "sasl.login.", "sasl.client.")
_QUIET = {"log_level": 0}  # its own lines go to stderr; what matters comes back as an error


def properties(servers: str, options: Mapping[str, str]) -> dict[str, str | int | bool]:
    """bootstrap.servers and `options`; of a JAAS entry, user name and password."""
    own: dict[str, str | int | bool] = {name: value for name, value in options.items() if not name.startswith(_JAVA_ONLY)}
    for name, quoted, plain in _JAAS.findall(options.get("sasl.jaas.config", "")):
        own.setdefault(f"sasl.{name}", quoted or plain)
    return {"bootstrap.servers": servers, **own, **_QUIET}
