"""Files by id alone (CVE-2023-6977, CVE-2024-1483, -3848, -1593, -1560; Gradio CVE-2023-51449)."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from gymdash_core.project import RunFolder
from gymdash_core.stats.media_index import media_id
from raw_http import BEARER, ask


@pytest.fixture(scope="module")
def filmed(shared):
    """An ended run with media of every kind, and with lines in its index that somebody has forged."""
    run_id = shared.start("Walker", steps=3)
    shared.ended(run_id)
    run = RunFolder(shared.context.project.sims / run_id)
    outside = shared.context.project.path / "secret.png"
    outside.write_bytes(b"secret")
    run.media.mkdir(exist_ok=True)
    (run.media / "a.png").write_bytes(bytes(range(256)))
    (run.media / "page.html").write_text("<script>alert(1)</script>")
    (run.media / "drawing.svg").write_text("<svg onload='alert(1)'/>")
    (run.media / "tree.xhtml").write_text("<html xmlns='http://www.w3.org/1999/xhtml'/>")
    (run.media / "what").write_bytes(b"\x00")
    (run.media / 'q"uo\nte.png').write_bytes(b"quoted")
    (run.media / "umlaut-ä.png").write_bytes(b"umlaut")
    Path(os.fsdecode(bytes(run.media / "latin-") + b"\xe4.png")).write_bytes(b"latin")
    (run.media / "link.png").symlink_to(outside)
    (run.media / "inner.png").symlink_to(run.media / "a.png")
    (run.path / "up").symlink_to(shared.context.project.path)
    os.mkfifo(run.media / "pipe.png")
    paths = {
        "image": "media/a.png",
        "html": "media/page.html",
        "svg": "media/drawing.svg",
        "xhtml": "media/tree.xhtml",
        "unknown": "media/what",
        "quoted": 'media/q"uo\nte.png',
        "umlaut": "media/umlaut-ä.png",
        "latin": os.fsdecode(b"media/latin-\xe4.png"),
        "inner": "media/inner.png",
        "link": "media/link.png",
        "through": "up/secret.png",
        "above": "../../secret.png",
        "absolute": str(outside),
        "system": "/etc/passwd",
        "folder": "media",
        "pipe": "media/pipe.png",
        "missing": "media/missing.png",
        "null": "media/a.png\0.html",
    }
    ids = {}
    with run.media_index.open("ab") as index:
        for name, path in paths.items():
            size, mtime_ns = 0, 0
            if "\0" not in path and (run.path / path).exists():
                status = (run.path / path).stat()
                size, mtime_ns = status.st_size, status.st_mtime_ns
            ids[name] = media_id(path, size, mtime_ns)
            line = {"event": "added", "id": ids[name], "key": name, "kind": "images", "path": path, "step": 1}
            line |= {"wall_time": 1.0, "attempt": 1, "size": size, "mtime_ns": mtime_ns}
            index.write((json.dumps(line) + "\n").encode())
    return type("Filmed", (), {"run": run, "ids": ids})


def media(server, filmed, name, **headers):
    return server.http.get(f"/simulations/{filmed.run.id}/media/{filmed.ids[name]}", headers=headers)


def test_media_are_served_by_id_with_ranges_and_an_etag(shared, filmed):
    whole = media(shared, filmed, "image")
    assert (whole.status_code, whole.content) == (200, bytes(range(256)))
    assert whole.headers["content-type"] == "image/png"
    assert whole.headers["content-disposition"].startswith("inline")
    assert whole.headers["etag"].strip('"') == filmed.ids["image"]
    assert whole.headers["accept-ranges"] == "bytes"
    part = media(shared, filmed, "image", range="bytes=10-19")
    assert (part.status_code, part.content) == (206, bytes(range(10, 20)))
    assert part.headers["content-range"] == "bytes 10-19/256"
    assert media(shared, filmed, "image", range="bytes=-6").content == bytes(range(250, 256))
    assert media(shared, filmed, "image", range="bytes=300-").status_code == 416
    assert media(shared, filmed, "image", **{"if-range": '"other"', "range": "bytes=0-1"}).status_code == 200
    assert media(shared, filmed, "image", **{"if-none-match": whole.headers["etag"]}).status_code == 304
    assert media(shared, filmed, "inner").content == bytes(range(256))


@pytest.mark.parametrize("name", ["image", "html", "svg", "xhtml", "unknown", "quoted", "umlaut", "latin"])
def test_media_are_never_documents_of_this_site(shared, filmed, name):
    answer = media(shared, filmed, name)
    assert answer.status_code == 200
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"].startswith("sandbox;")
    is_image = name in {"image", "quoted", "umlaut", "latin"}
    assert answer.headers["content-disposition"].startswith("inline" if is_image else "attachment")


@pytest.mark.parametrize(
    "name", ["link", "through", "above", "absolute", "system", "folder", "pipe", "missing", "null"]
)
def test_what_is_no_file_inside_the_run_is_not_served(shared, filmed, name):
    answer = media(shared, filmed, name)
    assert answer.status_code == 404
    assert b"secret" not in answer.content


SECRETS = ["../config.json", "../../../secret.png", "/etc/passwd", "config.json", "media/a.png"]
SPELLINGS = [
    lambda path: path,
    lambda path: path.replace("/", "%2f"),
    lambda path: path.replace("/", "%2F").replace(".", "%2e"),
    lambda path: path.replace("/", "%252f").replace(".", "%252e"),
    lambda path: path.replace("/", "%c0%af"),
    lambda path: path.replace("/", "\\"),
    lambda path: path.replace("../", "..;/"),
    lambda path: path.replace("../", "....//"),
    lambda path: f"x%23/../{path}",
    lambda path: f"x;{path}",
    lambda path: f"{path}%00.png",
    lambda path: f"file:%2f%2f{path}",
]


@pytest.mark.parametrize("spell", SPELLINGS)
@pytest.mark.parametrize("path", SECRETS)
def test_no_spelling_of_a_path_is_an_id(shared, filmed, path, spell):
    for base in (f"/api/v1/simulations/{filmed.run.id}/media", "/api/v1/simulations", ""):
        answer = ask(shared, "GET", f"{base}/{spell(path)}", BEARER)
        assert answer.status in {400, 404}, answer.body[:200]
        assert not answer.body.startswith(b"secret")
        assert b"root:" not in answer.body


def test_a_run_is_named_by_its_whole_id_alone(shared, filmed):
    shared.http.patch(f"/simulations/{filmed.run.id}", json={"name": "some name"})
    for name in (
        filmed.run.id[:8],
        filmed.run.id.upper(),
        f"{{{filmed.run.id}}}",
        "some name",
        f".{filmed.run.id}.new",
    ):
        for path in ("", "/stats", "/logs", "/statuses", "/media/" + filmed.ids["image"]):
            assert shared.http.get(f"/simulations/{name}{path}").status_code == 404
        assert shared.http.delete(f"/simulations/{name}", params={"purge": True}).status_code == 404
        assert shared.http.post(f"/simulations/{name}/kill").status_code == 404
    assert filmed.run.config.exists()


def test_media_of_another_run_are_not_reached_with_its_id(shared, filmed):
    other = shared.start("Walker", steps=3)
    shared.ended(other)
    assert shared.http.get(f"/simulations/{other}/media/{filmed.ids['image']}").status_code == 404


def test_the_id_of_an_overwritten_file_is_gone(shared, filmed):
    file = filmed.run.media / "changing.png"
    file.write_bytes(b"one")
    status = file.stat()
    identity = media_id("media/changing.png", status.st_size, status.st_mtime_ns)
    line = {"event": "added", "id": identity, "key": "c", "kind": "images", "path": "media/changing.png", "step": 1}
    line |= {"wall_time": 1.0, "attempt": 1, "size": status.st_size, "mtime_ns": status.st_mtime_ns}
    with filmed.run.media_index.open("a") as index:
        index.write(json.dumps(line) + "\n")
    address = f"/simulations/{filmed.run.id}/media/{identity}"
    assert shared.http.get(address).content == b"one"
    file.write_bytes(b"other")
    assert shared.http.get(address).status_code == 404
    file.unlink()
    assert shared.http.get(address).status_code == 404


def test_captured_output_that_is_a_link_out_of_the_run_is_not_read(shared):
    run_id = shared.start("Walker", steps=3)
    shared.ended(run_id)
    run = RunFolder(shared.context.project.sims / run_id)
    secret = shared.context.project.path / "secret.txt"
    secret.write_text("secret")
    run.log("stdout").unlink()
    run.log("stdout").symlink_to(secret)
    answer = shared.http.get(f"/simulations/{run_id}/logs")
    assert "secret" not in answer.text.replace("secret.txt", "")
    assert answer.status_code == 404
