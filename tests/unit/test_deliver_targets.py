"""Which addresses and hosts a call may reach."""

from __future__ import annotations

import asyncio
import socket
from ipaddress import IPv4Address, IPv6Address

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult
from hypothesis import given
from hypothesis import strategies as st

from connectors.esp.headers import is_header
from jobs.deliver.targets import CheckedResolver, PrivateTargetError, Targets, is_public

PUBLIC = ("8.8.8.8", "1.1.1.1", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1")
PRIVATE = (
    *("10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "127.0.0.1", "127.255.0.1", "0.0.0.0", "169.254.169.254"),
    *("100.64.0.1", "100.127.255.255", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255", "192.0.0.8", "198.18.0.1"),
    *("::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "ff02::1", "fec0::1", "2001:db8::1", "2001:0:1::1"),
    *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b:1::1", "2002:7f00:1::1"),
    *("127.1", "2130706433", "0x7f000001", "", "shop.example"),
)


@pytest.mark.parametrize("address", PUBLIC)
def test_an_address_of_the_internet_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("address", PRIVATE)
def test_an_address_of_any_other_network_is_not_in_whatever_clothes(address: str) -> None:
    assert not is_public(address)


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_is_judged_alike_however_it_travels(address: IPv4Address) -> None:
    number, public = int(address), is_public(str(address))
    for carrier in (0xFFFF << 32 | number, 0x64FF9B << 96 | number, 0x2002 << 112 | number << 80):
        assert is_public(str(IPv6Address(carrier))) == public


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.1", "017700000001", "127.0.0.1.", "::1", "::ffff:7f00:1", ""],
)
def test_a_private_address_in_any_notation_is_refused_before_a_look_up(host: str) -> None:
    assert not Targets().admits(host)


@pytest.mark.parametrize("host", ["esp.example", "localhost", "8.8.8.8", "2606:4700::1111", "7.shop.example", "xn--bcher-kva.example"])
def test_names_are_left_to_the_look_up_and_public_addresses_pass(host: str) -> None:
    assert Targets().admits(host)


def test_a_host_is_let_through_by_the_name_it_is_called_by_and_no_other() -> None:
    targets = Targets(["localhost", "10.0.0.7", "[::1]", "ESP.Internal"])
    assert all(targets.admits(host) for host in ("localhost", "LOCALHOST.", "10.0.0.7", "::1", "0:0:0:0:0:0:0:1", "esp.internal"))
    assert all(targets.names(host) for host in ("esp.internal", "ESP.INTERNAL.", "localhost"))
    assert not any(targets.admits(host) for host in ("127.0.0.1", "10.0.0.8", "10.7"))
    assert not any(targets.names(host) for host in ("other.internal", "a.localhost", "esp.internal.example"))


class Scripted(AbstractResolver):
    """Another answer at each look-up."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)

    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC) -> list[ResolveResult]:
        return [
            {"hostname": host, "host": address, "port": port, "family": socket.AF_INET, "proto": 0, "flags": 0}
            for address in self.answers.pop(0)
        ]

    async def close(self) -> None:
        self.answers.clear()


def looked_up(resolver: Scripted, host: str, *private_hosts: str) -> list[str]:
    return [one["host"] for one in asyncio.run(CheckedResolver(Targets(private_hosts), resolver).resolve(host))]


def test_a_name_that_turns_private_is_refused_at_that_look_up() -> None:
    resolver = Scripted(["8.8.8.8"], ["127.0.0.1"], ["8.8.8.8", "10.0.0.1"])
    assert looked_up(resolver, "esp.example") == ["8.8.8.8"]
    for _ in range(2):
        with pytest.raises(PrivateTargetError):
            looked_up(resolver, "esp.example")


def test_a_name_the_settings_allow_may_stand_for_any_address_and_none_at_all_is_an_error_of_the_network() -> None:
    assert looked_up(Scripted(["10.0.0.1", "::1"]), "esp.internal", "esp.internal") == ["10.0.0.1", "::1"]
    with pytest.raises(OSError, match="no address"):
        looked_up(Scripted([]), "esp.example")


@given(st.text(max_size=20), st.text(max_size=40))
def test_no_header_that_passes_can_end_its_line(name: str, value: str) -> None:
    if is_header(name, value):
        assert f"{name}: {value}".splitlines()[0].startswith(name)
        assert not set("\r\n\0") & set(name + value)
