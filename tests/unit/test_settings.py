"""Settings: who wins, what is refused and how it is told, and that no secret is ever shown."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from jobs.errors import SettingsError
from jobs.settings import from_arguments, is_secret, load, secret

Written = Callable[[str | bytes], Path]


@pytest.fixture
def written(tmp_path: Path) -> Written:
    """Writes a settings file."""

    def write(text: str | bytes) -> Path:
        path = tmp_path / "rekindle.yaml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def refusal(path: Path | None = None, *overrides: str, **environ: str) -> list[str]:
    with pytest.raises(SettingsError) as error:
        load(path, overrides, environ)
    return [line.replace(f"{path}", "FILE") for line in str(error.value).splitlines()]


def test_without_anything_the_defaults_hold() -> None:
    settings = load(environ={})
    assert (settings.kafka.servers, settings.times.cart_gap, settings.packs) == ("127.0.0.1:9092", timedelta(minutes=5), ["core"])


def test_the_file_is_over_the_defaults_the_environment_over_the_file_and_the_command_line_over_all(written: Written) -> None:
    path = written("tenant: file\nkafka: {servers: file, partitions: 2, replication: 2}\n")
    environ = {"REKINDLE_KAFKA__SERVERS": "environment", "REKINDLE_KAFKA__PARTITIONS": "3"}
    settings = load(path, ["kafka.partitions=4"], environ)
    assert (settings.tenant, settings.kafka.replication, settings.kafka.servers, settings.kafka.partitions) == ("file", 2, "environment", 4)


def test_the_environment_names_a_file_unless_one_is_given(written: Written, tmp_path: Path) -> None:
    environ = {"REKINDLE_SETTINGS": str(written("tenant: named\n"))}
    assert load(environ=environ).tenant == "named"
    given = tmp_path / "given.yaml"
    given.write_text("tenant: given\n", encoding="utf-8")
    assert load(given, environ=environ).tenant == "given"


def test_variables_of_others_are_left_alone() -> None:
    assert load(environ={"REKINDLE_STATE": "x", "REKINDLE_SETTINGS": "", "KAFKA__SERVERS": "x", "OTHER__TENANT": "y"}) == load(environ={})


@pytest.mark.parametrize("text", ["", "# nothing\n", "kafka:\n", "kafka:\n  # servers: x\ntimes:\n"])
def test_a_section_that_is_all_comments_is_the_default(written: Written, text: str) -> None:
    assert load(written(text), environ={}) == load(environ={})


def test_values_of_the_command_line_are_yaml() -> None:
    settings = load(overrides=["packs=[a, b]", "heartbeats.enabled=false", "times.cart_gap=90 s", "kafka.servers=a:1,b:2"], environ={})
    assert (settings.packs, settings.heartbeats.enabled) == (["a", "b"], False)
    assert (settings.times.cart_gap, settings.kafka.servers) == (timedelta(seconds=90), "a:1,b:2")


def test_names_of_kafkas_and_flinks_own_options_keep_their_dots() -> None:
    settings = load(overrides=["kafka.options.linger.ms=5", "flink.options.pipeline.object-reuse=true"], environ={})
    assert (settings.kafka.options, settings.flink.options) == ({"linger.ms": "5"}, {"pipeline.object-reuse": "true"})


def test_a_list_in_the_file_is_replaced_and_a_section_is_merged(written: Written) -> None:
    path = written("packs: [a]\nkafka: {options: {linger.ms: '1', acks: all}}\n")
    settings = load(path, ["packs=[b]", "kafka.options.linger.ms=2"], {})
    assert (settings.packs, settings.kafka.options) == (["b"], {"linger.ms": "2", "acks": "all"})


def test_unknown_keys_and_wrong_values_are_all_told_in_one_run(written: Written) -> None:
    assert refusal(written("colour: red\nkafka: {sevrers: x, partitions: 0}\ntimes: {cart_gap: 5, cart_basis: none}\n")) == [
        "FILE: kafka.partitions: Input should be greater than or equal to 1",
        "FILE: kafka.sevrers: unknown key",
        "FILE: times.cart_gap: expected a duration with a unit (ms, s, min, h, d), like '5 min', not 5",
        "FILE: times.cart_basis: Input should be 'activity' or 'cart_change'",
        "FILE: colour: unknown key",
    ]


def test_a_mistake_outside_the_file_is_told_without_one() -> None:
    assert refusal(None, REKINDLE_KAFKA__SEVRERS="x") == ["settings: kafka.sevrers: unknown key"]
    assert refusal(None, "kafka.partitions=many")[0].startswith("settings: kafka.partitions: Input should be a valid integer")
    assert refusal(None, "kafka.partitions") == ["setting 'kafka.partitions': expected section.key=value"]
    assert refusal(None, "tenant=a", "tenant.b=c") == ["setting 'tenant.b': 'tenant' is a value, not a section"]


@pytest.mark.parametrize("override", ["times.cart_gap=0 s", "times.session_gap=7 d", "heartbeats.interval=0 s", "heartbeats.step=0 ms"])
def test_spans_that_would_stop_a_job_are_refused(override: str) -> None:
    (finding,) = refusal(None, override)
    assert finding.startswith(f"settings: {override.partition('=')[0]}: Input should be ")


@pytest.mark.parametrize(
    ("text", "place"),
    [("tenant: [\n", ":2:1"), ("a: 1\n b: 2\n", ":2:3"), ("tenant: a\ntenant: b\n", ":2:1"), (b"tenant: \xff\n", ""),
    ('tenant: "\x07"\n', ""), ("tenant: 2026-13-45\n", "")],
)  # fmt: skip
def test_broken_yaml_is_told_with_its_line(written: Written, text: str | bytes, place: str) -> None:
    assert refusal(written(text))[0].startswith(f"FILE{place}: not valid YAML: ")


def test_a_file_that_is_no_mapping_is_refused(written: Written) -> None:
    assert refusal(written("- a\n")) == ["FILE: expected a mapping of sections"]


def test_a_file_that_cannot_be_read_is_named_with_the_remedy(tmp_path: Path) -> None:
    assert refusal(tmp_path / "none.yaml") == [
        "FILE: cannot be read: No such file or directory",
        "  = give an existing file with --settings",
    ]
    assert refusal(tmp_path)[0] == "FILE: cannot be read: Is a directory"


def test_a_secret_stays_a_reference_until_it_is_used(written: Written) -> None:
    path = written("destinations: {default: {url: 'https://esp.example', headers: {Authorization: '${env:ESP_TOKEN}'}}}\n")
    settings = load(path, environ={"ESP_TOKEN": "s3cr3t"})
    assert "s3cr3t" not in repr(settings) + settings.model_dump_json()
    header = settings.destinations["default"].model_dump()["headers"]["Authorization"]
    assert secret(header, {"ESP_TOKEN": "s3cr3t"}) == "s3cr3t"
    assert secret(f"Bearer {header}!", {"ESP_TOKEN": "s3cr3t"}) == "Bearer s3cr3t!"


def test_a_secret_that_is_not_set_is_named_with_the_remedy() -> None:
    with pytest.raises(SettingsError, match="secret 'ESP_TOKEN' is not set\n  = export ESP_TOKEN where"):
        secret("${env:ESP_TOKEN}", {})


@pytest.mark.parametrize(
    ("value", "expected"), [("${env:A_1}", True), ("x${env:A}y", True), ("$A", False), ("${env:a}", False), ("", False)]
)
def test_only_one_form_is_a_secret(value: str, expected: bool) -> None:
    assert is_secret(value) is expected
    if not expected:
        assert secret(value, {}) == value


def test_a_wrong_value_is_not_repeated_in_the_message() -> None:
    for override in (
        "destinations.default.attempts=s3cr3t",
        "destinations.default.headers=s3cr3t",
        "deliver.capacity=s3cr3t",
        "kafka=s3cr3t",
    ):
        assert "s3cr3t" not in "".join(refusal(None, "destinations.default.url=x", override))


def test_settings_cannot_be_changed_afterwards() -> None:
    settings = load(environ={})
    with pytest.raises(ValueError, match="frozen"):
        settings.kafka.servers = "x"  # type: ignore[misc]


def test_a_job_takes_its_settings_from_its_arguments(written: Written) -> None:
    settings = from_arguments(["--settings", str(written("tenant: a\n")), "--set", "kafka.partitions=7", "--set", "epoch=2"])
    assert (settings.tenant, settings.kafka.partitions, settings.epoch) == ("a", 7, 2)
