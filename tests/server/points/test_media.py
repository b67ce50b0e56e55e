"""Rules of `gymdash_server.points.media`: files have addresses, and are found by them."""

from __future__ import annotations

from gymdash_core.stats.media_log import MediaLog
from gymdash_server.points.columns import ColumnFile
from gymdash_server.points.events import points_answer, points_event
from gymdash_server.points.model import Window
from indexes import open_index, png


def test_media_points_have_addresses(run):
    media = MediaLog(run)
    media.write("images", "shot", png(), 3)
    index, told = open_index(run), []
    index.update(told.append)
    answer = points_answer(run.id, index.answer(Window("shot")))
    point = answer["points"][0]
    assert (point["step"], point["media_type"]) == (3, "image/png")
    assert point["url"].startswith(f"/api/v1/simulations/{run.id}/media/")
    assert points_event(run.id, told[0])["points"] == [point]
    assert open_index(run).answer(Window("shot")).total == 1


def test_a_media_file_is_found_without_looking_at_all_others_again(run, monkeypatch):
    media, reads = MediaLog(run), []
    for step in range(3):
        media.write("images", "shot", png(), step)
    index = open_index(run)
    index.update()
    read = ColumnFile.read

    def note(file, begin, end):
        reads.append((begin, end))
        return read(file, begin, end)

    points = points_answer(run.id, index.answer(Window("shot")))["points"]
    monkeypatch.setattr(ColumnFile, "read", note)
    found = [index.media_path(point["url"].rpartition("/")[2]) for point in points]
    assert len({(run.path / path).stat().st_ino for path in found}) == 3
    assert reads == [(0, 3)]
    media.write("images", "shot", png(), 3)
    index.update()
    reads.clear()
    assert (index.media_path("nowhere"), index.media_path("nowhere"), reads) == (None, None, [(3, 4)])
