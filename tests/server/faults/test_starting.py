"""What keeps a server from starting: another server, ports, files in the way."""

from __future__ import annotations

import json
import socket
from pathlib import Path


def test_a_second_server_of_a_project_refuses_in_one_line(spawn, refused, tmp_path):
    first = spawn()
    said = refused()
    assert said.count("\n") == 0
    assert said.startswith("ProjectServedError: ")
    assert str(tmp_path / "project") in said
    assert first.url in said
    assert str(first.process.pid) in said
    assert first.get("/health")["status"] == "ok"


def test_a_second_server_on_the_same_port_says_that_the_project_is_served(spawn, refused):
    first = spawn()
    assert refused(port=int(first.url.rpartition(":")[2])).startswith("ProjectServedError: ")


def test_a_port_in_use_is_named_with_a_way_out(refused, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = refused(port=port)
    assert said.startswith("PortTakenError: ")
    assert f"127.0.0.1:{port}" in said
    assert "--port" in said
    assert said.count("\n") == 0
    assert not (tmp_path / "project" / "server.json").exists()


def test_an_address_of_another_machine_is_no_port_in_use_but_refused_alike(refused):
    assert refused(host="192.0.2.1").startswith("PortTakenError: ")


def test_the_lock_of_a_killed_server_is_free(spawn):
    first = spawn()
    first.kill()
    assert json.loads((Path(first.context["project"]) / "server.json").read_text())["pid"] == first.process.pid
    second = spawn()
    assert json.loads((Path(first.context["project"]) / "server.json").read_text())["pid"] == second.process.pid


def test_a_file_in_the_projects_place_is_named(refused, tmp_path):
    (tmp_path / "project").write_text("")
    said = refused()
    assert said.startswith("ProjectAccessError: ")
    assert said.count("\n") == 0
