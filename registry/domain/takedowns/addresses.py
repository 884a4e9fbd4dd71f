"""Addresses of items: one canonical spelling, and nothing in them that names or reaches a person.

The registry never opens an address. It is read by people and by the platform.

1. The length is checked before anything else.
2. Only visible ASCII is read: other characters have a percent-encoding, and other host names a spelling in ASCII.
3. Scheme, host and port have one spelling. User names, passwords and keys in an address are refused.
4. Encoding is undone before personal data is looked for, so that it hides nothing.
"""

import re
from typing import Final
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit, urlunsplit

from registry.errors import AddressUnfit

MAX_CHARACTERS: Final = 2048
_VISIBLE: Final = re.compile(r"[!-~]+")
_FORBIDDEN: Final = re.compile(r'[<>"\\^`{|}]')
_LABEL: Final = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_HOST: Final = re.compile(rf"({_LABEL}\.)+[a-z0-9-]*[a-z][a-z0-9-]*")
_IPV4: Final = re.compile(r"(\d{1,3}\.){3}\d{1,3}")
_PORTS: Final = {"http": 80, "https": 443}
_MAX_ENCODINGS: Final = 5

_PERSONAL: Final = (
    ("an e-mail address", re.compile(r"(?<![\w.%+@-])[\w.%+-]+@[\w-]+(\.[\w-]+)+")),
    ("a telephone number", re.compile(r"(?<![\w-])(\+|00)[1-9]\d{0,2}[-. ()]?\d[-. ()\d]{6,14}(?![\w-])")),
    ("a telephone number", re.compile(r"(?<![\w-])01[016-9][-. ]?\d{3,4}[-. ]?\d{4}(?![\w-])")),
    ("a registration number of a person", re.compile(r"(?<!\d)\d{6}-[1-8]\d{6}(?!\d)")),
)
_PRIVATE_NAMES: Final = frozenset(
    {
        "access_token",
        "api_key",
        "apikey",
        "auth",
        "authorization",
        "email",
        "mail",
        "mobile",
        "pass",
        "passwd",
        "password",
        "phone",
        "session",
        "sessionid",
        "sid",
        "tel",
        "token",
    }
)


def parse_address(text: str) -> str:
    """Return the one spelling of an address; raise `AddressUnfit`, whose text names the rule and never the address."""
    if len(text) > MAX_CHARACTERS:  # 1.
        raise AddressUnfit(f"An address has at most {MAX_CHARACTERS} characters.")
    if _VISIBLE.fullmatch(text) is None or _FORBIDDEN.search(text):  # 2.
        raise AddressUnfit(
            "An address has visible ASCII characters only: copy it from the address bar of a browser."
        )
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise AddressUnfit("This is no address: copy it from the address bar of a browser.") from None
    scheme, host = parts.scheme.lower(), (parts.hostname or "").rstrip(".")
    if scheme not in _PORTS:
        raise AddressUnfit("An address begins with https:// or http://.")
    if "@" in parts.netloc:  # 3.
        raise AddressUnfit("An address contains no user name and no password.")
    if _HOST.fullmatch(host) is None and not _is_ipv4(host):
        raise AddressUnfit("An address names the host of a public site, such as example.com.")
    _require_impersonal(parts)
    netloc = host if port in {None, _PORTS[scheme]} else f"{host}:{port}"
    return urlunsplit((scheme, netloc, parts.path or "/", parts.query, parts.fragment))


def _is_ipv4(host: str) -> bool:
    return _IPV4.fullmatch(host) is not None and all(int(part) < 256 for part in host.split("."))  # noqa: PLR2004  bytes


def _require_impersonal(parts: SplitResult) -> None:
    for text in (parts.path, parts.query, parts.fragment):
        plain = _decoded(text)
        for what, shape in _PERSONAL:
            if shape.search(plain):
                raise AddressUnfit(f"The address contains {what}: send the address of the item without it.")
    names = {name.lower() for name, _ in parse_qsl(parts.query, keep_blank_values=True)}
    if names & _PRIVATE_NAMES:
        raise AddressUnfit(
            "The address contains a key, a session or a contact in its query: send the address of the item without it."
        )


def _decoded(text: str) -> str:
    """Return the text without any layer of percent-encoding."""  # 4.
    for _ in range(_MAX_ENCODINGS):
        plain = unquote(text)
        if plain == text:
            return plain
        text = plain
    raise AddressUnfit("The address is encoded several times over.")
