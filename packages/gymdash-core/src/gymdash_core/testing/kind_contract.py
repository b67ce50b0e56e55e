"""What every stat kind has to hold, as a suite for pytest."""

from __future__ import annotations

import importlib.resources
import json
import re
from typing import TYPE_CHECKING, Any, ClassVar

from gymdash_core.project import RunFolder
from gymdash_core.stats.series import SeriesStreamer, SeriesWriter
from gymdash_core.stats.values import json_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from gymdash_core.stats.kinds import StatKind

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_MEDIA_TYPE = re.compile(r"[a-z]+/[a-z0-9.+-]+")


class StatKindContract:
    """The rules as tests: inherit in a test module, and give the kind and some values.

    Attributes:
        package: Package of the plugin, for example ``"my_plugin"``; needed where the kind has a renderer.

    Example::

        class TestTrajectories(StatKindContract):
            package = "my_plugin"

            def kind(self):
                return TRAJECTORIES

            def values(self):
                return [{"x": [0.0, 1.0], "y": [0.0, 2.0]}]
    """

    package: ClassVar[str] = ""

    def kind(self) -> StatKind:
        """Return the kind."""
        raise NotImplementedError

    def values(self) -> Sequence[Any]:
        """Return values of some points, as a simulation logs them; none for media kinds."""
        raise NotImplementedError

    def test_name_and_title_are_sane(self) -> None:
        """The name is a lower-case identifier: it is a folder, a column and a part of addresses."""
        kind = self.kind()
        assert _NAME.fullmatch(kind.name), f"{kind.name!r} should look like 'trajectories'"
        assert kind.title, f"kind {kind.name!r} needs a title for people"

    def test_points_are_either_files_or_values(self) -> None:
        """A kind has media types or a point model, not both; and media types look like MIME types."""
        kind = self.kind()
        assert not (kind.media_types and kind.point_model), f"kind {kind.name!r} has media types and a point model"
        wrong = [name for name in kind.media_types if not _MEDIA_TYPE.fullmatch(name)]
        assert not wrong, f"{wrong} should look like 'image/png'"
        assert kind.is_media or self.values(), "values() gives no example, so that nothing can be checked"

    def test_point_model_round_trips(self) -> None:
        """A value that was logged, stored and read is the same value to the model."""
        kind = self.kind()
        for value in self.values() if kind.point_model is not None else ():
            assert kind.point_model is not None
            before = kind.point_model.model_validate(value)
            after = kind.point_model.model_validate(json.loads(json_text(before, kind.name)))
            # NaN equals nothing, itself included; its text does.
            assert after == before or repr(after) == repr(before), (
                f"{before!r} became {after!r} on its way through JSON"
            )

    def test_points_are_stored_and_read(self, tmp_path: Path) -> None:
        """What `Simulation.log_point` writes is read back from the run's files, in order."""
        kind, values = self.kind(), self.values()
        writer = SeriesWriter(RunFolder(tmp_path))
        for step, value in enumerate(values):
            writer.write(kind.name, "example", value, step)
        writer.close()
        if values:
            points = SeriesStreamer(RunFolder(tmp_path).stats).stat("example", kind.name).get_values()
            assert [point.step for point in points] == list(range(len(values)))
            for point in points if kind.point_model is not None else ():
                assert kind.point_model is not None
                kind.point_model.model_validate(point.value)

    def test_renderer_is_in_the_package(self) -> None:
        """A renderer that is declared is a file of the plugin's package."""
        kind = self.kind()
        if kind.renderer is not None:
            assert self.package, "set `package` to the plugin's package, to find its renderer"
            file = importlib.resources.files(self.package).joinpath(kind.renderer)
            assert file.is_file(), f"{self.package} has no file {kind.renderer}; is it in the wheel?"
            assert kind.renderer.endswith((".js", ".mjs")), f"{kind.renderer} should be an ES module"
