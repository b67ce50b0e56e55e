"""Rules of `gymdash_server.serving`: sockets that answer at once."""

from __future__ import annotations

import socket

import httpx

from gymdash_server.context import Context
from gymdash_server.serving import listening, make_server


def test_answers_are_not_held_back_until_the_client_confirms_their_first_part(settings):
    with (
        listening(settings) as listener,
        socket.create_connection(listener.getsockname()),
        listener.accept()[0] as taken,
    ):
        assert taken.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_it_is_the_client_that_closes_an_idle_connection(settings):
    client_s = httpx.Limits().keepalive_expiry
    with Context(settings) as context:
        assert make_server(context).config.timeout_keep_alive > 10 * client_s
