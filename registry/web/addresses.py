"""The network address of a client. It is used for the counters of the rate limits, and kept nowhere else."""

import ipaddress
from typing import Final

from flask import request

from registry.security import DigestPurpose
from registry.web.context import container

_V6_PREFIX: Final = 56
"""Bits of an IPv6 address that one household has in common."""


def client_address() -> str:
    """Return the address of the client, as the trusted proxies tell it (`Settings.proxies`)."""
    hops = container().settings.proxies
    told = [one.strip() for one in request.headers.get("X-Forwarded-For", "").split(",") if one.strip()]
    if hops and len(told) >= hops:
        return told[-hops]
    return request.remote_addr or "unknown"


def address_key() -> str:
    """Return the name under which the rate limits count the client: a keyed digest of the address' prefix."""
    prefix = _prefix(client_address()).encode("ascii", "replace")
    return container().keys.digest(DigestPurpose.ADDRESS, prefix).hex()


def _prefix(address: str) -> str:
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(known, ipaddress.IPv6Address) and known.ipv4_mapped is not None:
        known = known.ipv4_mapped
    if isinstance(known, ipaddress.IPv4Address):
        return str(known)  # households and offices have one each
    return str(ipaddress.ip_network(f"{known}/{_V6_PREFIX}", strict=False))
