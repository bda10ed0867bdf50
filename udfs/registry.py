"""Every function the suite adds to SQL: name → Java class in `rekindle-flink-udfs.jar`.

They run on the JVM because they stand on the path of every event; the rules they follow are in `semantics.md`, their sources in
`udfs/java`. Process table functions, which take a table: `HEARTBEATS`, `FIRST_ARRIVAL`, `DEVICE_ACTIVITY`, `PRODUCT_ACTS`,
`PRODUCT_CHANGES`, `PRODUCT_INTERESTS`. `READ_LINES` is a table function: a row in, rows out.
"""

from __future__ import annotations

JAR = "rekindle-flink-udfs.jar"
_PACKAGE = "io.rekindle.flink"

FUNCTIONS: dict[str, str] = {
    name: f"{_PACKAGE}.{java_class}"
    for name, java_class in {
        "DEVICE_ACTIVITY": "activity.DeviceActivity",
        "EPOCH_MILLIS": "EpochMillis",
        "EVENT_FLAGS": "EventFlags",
        "FIRST_ARRIVAL": "FirstArrival",
        "HEARTBEATS": "Heartbeats",
        "ISO_TIME": "IsoTime",
        "KAFKA_PARTITION": "KafkaPartition",
        "PINNED": "Pinned",
        "PRODUCT_ACTS": "catalog.ProductActs",
        "PRODUCT_CHANGES": "catalog.ProductChanges",
        "PRODUCT_INTERESTS": "catalog.ProductInterests",
        "READ_LINES": "decode.ReadLines",
        "SEND_HEARTBEATS": "SendHeartbeats",
        "SESSION_ID": "SessionId",
        "TRIGGER_ID": "TriggerId",
    }.items()
}


def declarations() -> list[str]:
    """One `CREATE FUNCTION` statement per function."""
    return [
        f"CREATE TEMPORARY SYSTEM FUNCTION IF NOT EXISTS {name} AS '{java_class}' LANGUAGE JAVA" for name, java_class in FUNCTIONS.items()
    ]
