"""The control socket: private, threaded, bounded; a silent or dying peer blocks nobody."""

from __future__ import annotations

import errno
import os
import socket
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from gymdash_core.errors import ProjectError, UnknownChannelError, WorkerGoneError
from gymdash_core.project import RunFolder
from gymdash_core.worker import protocol
from gymdash_core.worker.client import ControlClient
from gymdash_core.worker.control import ControlServer, _bind_tcp, _bind_unix, runtime_folder


@pytest.fixture(autouse=True)
def own_runtime(tmp_path_factory, monkeypatch):
    folder = tmp_path_factory.mktemp("r")
    folder.chmod(0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(folder) if len(str(folder)) < 60 else "/tmp")


@pytest.fixture
def serve(tmp_path):
    servers = []

    def start(handle, attempt=1):
        server = ControlServer(RunFolder(tmp_path / "sims" / "run"), attempt, handle)
        servers.append(server)
        server.start()
        return server

    yield start
    for server in servers:
        server.close(0.1)


@pytest.fixture
def connect():
    clients = []

    def make(address):
        clients.append(ControlClient(address, "run"))
        return clients[-1]

    yield make
    for client in clients:
        client.close()


def test_messages_are_answered_over_one_kept_connection(serve, connect):
    seen = []
    server = serve(lambda message: seen.append(message) or {"n": len(seen)})
    client = connect(server.address)
    assert client.call(protocol.Describe(), 30) == {"n": 1}
    assert client.call(protocol.Stop(), 30) == {"n": 2}
    assert len(client._idle) == 1


def test_an_error_of_the_handler_is_raised_at_the_client(serve, connect):
    def handle(message):
        raise UnknownChannelError("x", ["y"])

    with pytest.raises(UnknownChannelError, match="'x'"):
        connect(serve(handle).address).call(protocol.Describe(), 30)


def test_the_socket_is_private(serve):
    server = serve(lambda _: None)
    assert stat.S_IMODE(Path(server.address.path).stat().st_mode) == 0o600
    assert stat.S_IMODE(runtime_folder().stat().st_mode) == 0o700
    assert len(server.address.path) < 100


def test_a_runtime_folder_that_others_can_enter_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path)[:50] if len(str(tmp_path)) >= 60 else str(tmp_path))
    monkeypatch.setenv("TMPDIR", "")
    folder = runtime_folder()
    try:
        folder.chmod(0o755)
        with pytest.raises(ProjectError, match="not private"):
            runtime_folder()
    finally:
        folder.chmod(0o700)


def test_a_silent_peer_blocks_nobody(serve, connect):
    server = serve(lambda _: "here")
    with socket.socket(socket.AF_UNIX) as silent, socket.socket(socket.AF_UNIX) as half:
        silent.connect(server.address.path)
        half.connect(server.address.path)
        half.sendall(b'{"v": 1, "ty')
        assert connect(server.address).call(protocol.Describe(), 30) == "here"


def test_a_line_that_is_too_long_is_refused_and_the_connection_closed(serve, monkeypatch):
    monkeypatch.setattr(protocol, "MAX_LINE_BYTES", 1000)
    server = serve(lambda _: "here")
    with socket.socket(socket.AF_UNIX) as peer:
        peer.connect(server.address.path)
        peer.sendall(b"x" * 1001)
        with peer.makefile("rb") as lines:
            reply = protocol.decode_reply(lines.readline())
            assert lines.read() == b""
    assert "longer than" in str(reply.error)


def test_a_worker_that_is_gone_is_named(serve, connect):
    server = serve(lambda _: "here")
    client = connect(server.address)
    assert client.call(protocol.Describe(), 30) == "here"
    server.close()
    with pytest.raises(WorkerGoneError, match="run"):
        client.call(protocol.Describe(), 30)


def test_a_reply_under_way_goes_out_before_the_server_closes(serve, connect):
    begun, go_on, replies = threading.Event(), threading.Event(), []

    def handle(message):
        begun.set()
        assert go_on.wait(30)
        return "late"

    server = serve(handle)
    client = connect(server.address)
    asker = threading.Thread(target=lambda: replies.append(client.call(protocol.Describe(), 30)))
    asker.start()
    assert begun.wait(30)
    closer = threading.Thread(target=server.close, args=(30,))
    closer.start()
    go_on.set()
    closer.join()
    asker.join()
    assert replies == ["late"]


def test_no_reply_in_time_is_an_error_and_a_fallback_is_asked_before(serve, connect):
    go_on = threading.Event()
    server = serve(lambda _: go_on.wait(30))
    client = connect(server.address)
    assert client.call(protocol.Describe(), 30, fallback=lambda: "from the files", after_s=0.01) == "from the files"
    with pytest.raises(WorkerGoneError, match="no reply"):
        client.call(protocol.Describe(), 0.05)
    go_on.set()


def test_a_socket_left_by_a_killed_worker_is_replaced(tmp_path, connect):
    code = (
        "import os, sys; from gymdash_core.project import RunFolder;"
        "from gymdash_core.worker.control import ControlServer;"
        "s = ControlServer(RunFolder(sys.argv[1]), 1, None); print(s.address.path, flush=True); os._exit(0)"
    )
    run = tmp_path / "sims" / "run"
    path = subprocess.run([sys.executable, "-c", code, run], capture_output=True, text=True, check=True).stdout.strip()
    assert Path(path).exists()
    server = ControlServer(RunFolder(run), 1, lambda _: "new")
    server.start()
    assert server.address.path == path
    assert connect(server.address).call(protocol.Describe(), 30) == "new"
    server.close()
    assert not Path(path).exists()


class Listener:
    """A listening socket whose first accepts fail."""

    def __init__(self, inner, *numbers):
        self.inner, self.numbers = inner, list(numbers)

    def accept(self):
        if self.numbers:
            raise OSError(self.numbers.pop(0), "as asked")
        return self.inner.accept()

    def __getattr__(self, name):
        return getattr(self.inner, name)


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.ECONNABORTED])
def test_an_accept_that_fails_is_tried_again(serve, connect, monkeypatch, number):
    def bind(name):
        listener, address = _bind_unix(name)
        return Listener(listener, number, number), address

    monkeypatch.setattr("gymdash_core.worker.control._bind_unix", bind)
    assert connect(serve(lambda _: "here").address).call(protocol.Describe(), 30) == "here"


def test_closing_ends_an_accept_that_fails_for_good(serve, monkeypatch):
    def bind(name):
        listener, address = _bind_unix(name)
        return Listener(listener, *[errno.EMFILE] * 100_000), address

    monkeypatch.setattr("gymdash_core.worker.control._bind_unix", bind)
    monkeypatch.setattr("gymdash_core.worker.control._ACCEPT_PAUSE_S", 1000)
    server = serve(lambda _: "here")
    server.close()
    server._acceptor.join(30)
    assert not server._acceptor.is_alive()


def test_a_connection_for_which_there_is_no_thread_is_closed_and_the_next_is_served(serve, connect, monkeypatch):
    start, refused = threading.Thread.start, []

    def refuse_once(thread):
        if thread.name == "gymdash-control-client" and not refused:
            refused.append(thread)
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", refuse_once)
    client = connect(serve(lambda _: "here").address)
    with pytest.raises(WorkerGoneError):
        client.call(protocol.Describe(), 30)
    assert client.call(protocol.Describe(), 30) == "here"


def test_a_forked_child_holds_no_connection(serve, connect):
    server = serve(lambda _: "here")
    connect(server.address).call(protocol.Describe(), 30)
    descriptors = [item.fileno() for item in (server._socket, *server._threads.values())]
    child = os.fork()
    if child == 0:
        os._exit(sum(Path(f"/dev/fd/{number}").exists() for number in descriptors))
    assert (len(descriptors), os.waitpid(child, 0)[1]) == (2, 0)
    assert connect(server.address).call(protocol.Describe(), 30) == "here"


def test_tcp_wants_its_token(monkeypatch, tmp_path, connect):
    monkeypatch.setattr("gymdash_core.worker.control._bind_unix", lambda _: _bind_tcp())
    server = ControlServer(RunFolder(tmp_path / "sims" / "run"), 1, lambda _: "here")
    server.start()
    assert connect(server.address).call(protocol.Describe(), 30) == "here"
    with socket.create_connection(("127.0.0.1", server.address.port)) as peer, peer.makefile("rb") as lines:
        peer.sendall(protocol.encode_request(protocol.Describe()))
        assert "token" in str(protocol.decode_reply(lines.readline()).error)
    server.close()
