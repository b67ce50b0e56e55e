"""Rules of `gymdash_server.serving`: sockets that answer at once."""

from __future__ import annotations

import socket

from gymdash_server.serving import listening


def test_answers_are_not_held_back_until_the_client_confirms_their_first_part(settings):
    with (
        listening(settings) as listener,
        socket.create_connection(listener.getsockname()),
        listener.accept()[0] as taken,
    ):
        assert taken.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
