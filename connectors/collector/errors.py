"""What can go wrong around a receipt that is fine in itself."""

from __future__ import annotations


class CollectorError(Exception):
    """Root of the collector's errors."""


class KafkaAwayError(CollectorError):
    """Kafka did not answer or acknowledge in time. The provider's next try may work."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
