"""Options of the collector's Kafka clients."""

from __future__ import annotations

from collections.abc import Mapping

from connectors.kafka_scan import librdkafka_options

_JAVA_ONLY = ("key.", "value.", "sasl.login.", "sasl.client.")
_QUIET = {"log_level": 0}  # its own lines go to stderr; what matters comes back as an error


def properties(servers: str, options: Mapping[str, str]) -> dict[str, str | int | bool]:
    """bootstrap.servers and `options` as librdkafka names them; of a JAAS entry, user name and password."""
    known = {name: value for name, value in options.items() if not name.startswith(_JAVA_ONLY)}
    return {"bootstrap.servers": servers, **librdkafka_options(known), **_QUIET}
