"""Asks whether anybody answers at a website's address: HEAD, then GET where that is not understood. Nothing is read of the page.

Addresses come from whoever writes a listing, so none may lead into our own network: the name is looked up, every answer
must be an address of the open internet, and the connection goes to the address that was looked at, not to the name. The
same for each redirect. `LINK_CHECK_ALLOW` names hosts that are let through whatever they are (for tests).
"""

from __future__ import annotations

import contextlib
import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote, urljoin, urlsplit

from django.conf import settings

TIMEOUT = 10  # seconds for one step: connecting, or waiting for the next bytes
WHOLE = 25  # seconds for one question with all its steps
MOST_REDIRECTS = 6
NOT_FOR_HEAD = frozenset({400, 403, 404, 405, 406, 410, 429, 500, 501, 502, 503})


@dataclass(frozen=True, slots=True)
class Answer:
    """`status` is "200", or a word for what went wrong: see `WORDS`."""

    status: str
    asked: int = 1  # how many questions it took


#: What can go wrong before there is a status, in the words that are kept.
NO_ADDRESS, NO_HOST, PRIVATE, SILENT, REFUSED, CERTIFICATE, LOOP, GARBLED = (
    "no-address", "no-host", "private", "timeout", "refused", "certificate", "too-many-redirects", "garbled",
)  # fmt: skip


class Trouble(Exception):
    """The question had no answer; the message is the word that is kept."""


def ask(url: str, wait: Callable[[], None] = lambda: None) -> Answer:
    """How the website at `url` answers. `wait` is called before each further question to it."""
    asked, method = 0, "HEAD"
    for _hop in range(MOST_REDIRECTS + 1):
        try:
            status, onward = _once(url, method)
            asked += 1
            if method == "HEAD" and status in NOT_FOR_HEAD:
                wait()
                method = "GET"
                status, onward = _once(url, method)
                asked += 1
        except Trouble as trouble:
            if method == "HEAD" and str(trouble) == GARBLED:
                method = "GET"  # some servers hang up on a question they do not know
                wait()
                continue
            return Answer(str(trouble), asked + 1)
        if not onward:
            return Answer(str(status), asked)
        url = urljoin(url, onward)
        wait()
    return Answer(LOOP, asked)


def _once(url: str, method: str) -> tuple[int, str]:
    """(status, where it sends us on) of one question."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise Trouble(NO_ADDRESS) from None
    if parts.scheme not in ("http", "https") or not host:
        raise Trouble(NO_ADDRESS)
    port = port or (443 if parts.scheme == "https" else 80)
    connection = _Pinned(host, port, address_of_host(host, port), secure=parts.scheme == "https")
    # The time-out of a socket is for each piece; one that drips must not hold a worker.
    guard = threading.Timer(WHOLE, connection.hang_up)
    guard.daemon = True
    guard.start()
    try:
        path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._") + (
            f"?{quote(parts.query, safe=_QUERY)}" if parts.query else ""
        )
        connection.request(
            method, path, headers={"User-Agent": settings.USER_AGENT, "Accept": "text/html,*/*;q=0.5", "Connection": "close"}
        )
        answer = connection.getresponse()
        if connection.was_cut:  # half an answer is none
            raise Trouble(SILENT)
        onward = answer.headers.get("Location", "") if answer.status in (301, 302, 303, 307, 308) else ""
        return answer.status, onward
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise Trouble(what_went_wrong(error, connection)) from None
    finally:
        guard.cancel()
        connection.close()


_QUERY = "/%:@!$&'()*+,;=~-._?"


def what_went_wrong(error: Exception, connection: _Pinned) -> str:
    """The word that is kept for an error on the way."""
    if connection.was_cut or isinstance(error, TimeoutError):
        return SILENT
    if isinstance(error, ssl.SSLError):
        return CERTIFICATE
    if isinstance(error, http.client.HTTPException | ValueError):  # it hung up, or spoke something else
        return GARBLED
    return REFUSED


class _Pinned(http.client.HTTPConnection):
    """A connection to an address that was looked at, under the name that was asked for."""

    def __init__(self, host: str, port: int, address: str, *, secure: bool) -> None:
        super().__init__(host, port, timeout=TIMEOUT)
        self.address, self.secure, self.was_cut = address, secure, False

    def connect(self) -> None:
        sock = socket.create_connection((self.address, self.port), timeout=TIMEOUT)
        if self.secure:
            try:
                sock = ssl.create_default_context().wrap_socket(sock, server_hostname=self.host)
            except BaseException:
                sock.close()
                raise
        self.sock = sock

    def hang_up(self) -> None:
        """End the conversation, from another thread."""
        self.was_cut = True
        if self.sock is not None:
            with contextlib.suppress(OSError):
                self.sock.shutdown(socket.SHUT_RDWR)


def address_of_host(host: str, port: int) -> str:
    """The address to connect to; refuses names of which any address is not of the open internet."""
    try:
        name = host if ":" in host else host.encode("idna").decode()
        found = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    except (OSError, UnicodeError):
        raise Trouble(NO_HOST) from None
    addresses = list(dict.fromkeys(str(entry[4][0]).split("%")[0] for entry in found))
    if not addresses:
        raise Trouble(NO_HOST)
    if host not in settings.LINK_CHECK_ALLOW and not all(map(is_open, addresses)):
        raise Trouble(PRIVATE)
    return addresses[0]


_NAT64 = ipaddress.ip_network("64:ff9b::/96")


def is_open(address: str) -> bool:
    """Whether an address is one of the open internet; those that carry another inside are judged by that one."""
    found = ipaddress.ip_address(address)
    if isinstance(found, ipaddress.IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour or (found.teredo[1] if found.teredo else None)
        if inner is None and found in _NAT64:
            inner = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
        if inner is not None:
            return is_open(str(inner))
    return found.is_global and not found.is_multicast
