"""Every built-in stat kind passes the kinds' contract, and the contract finds what is wrong with a bad one."""

from __future__ import annotations

import pytest
from pydantic import BaseModel, field_serializer

from gymdash_core import stat_tags
from gymdash_core.stats.builtin_kinds import BUILTIN_KINDS
from gymdash_core.stats.histogram import histogram
from gymdash_core.stats.kinds import StatKind
from gymdash_core.testing.kind_contract import StatKindContract

EXAMPLES = {
    "scalars": [0.5, float("nan"), float("inf"), -3],
    "text": ["", "two\nlines", "\N{GREEK SMALL LETTER LAMDA}"],
    "histograms": [histogram([1.0, 2.0, float("nan")]), histogram([]), histogram([3.0], bins=1)],
}


@pytest.fixture(params=BUILTIN_KINDS, ids=lambda kind: kind.name)
def builtin(request):
    return request.param


class TestBuiltinKinds(StatKindContract):
    @pytest.fixture(autouse=True)
    def _builtin(self, builtin):
        self.builtin = builtin

    def kind(self):
        return self.builtin

    def values(self):
        return EXAMPLES.get(self.builtin.name, [])


def test_there_are_the_six_kinds_of_the_original():
    names = [stat_tags.SCALARS, stat_tags.IMAGES, stat_tags.VIDEOS, stat_tags.AUDIO, stat_tags.TEXT]
    assert [kind.name for kind in BUILTIN_KINDS] == [*names, stat_tags.HISTOGRAMS]


class Path2D(BaseModel):
    x: list[float]

    @field_serializer("x")
    def _cut(self, value: list[float]) -> list[float]:
        return value[:1]


def contract_of(kind, values=(), package=""):
    class Contract(StatKindContract):
        def kind(self):
            return kind

        def values(self):
            return values

    Contract.package = package
    return Contract()


@pytest.mark.parametrize(
    ("kind", "rule"),
    [
        (StatKind("Trajectories!", "Trajectories"), "test_name_and_title_are_sane"),
        (StatKind("trajectories"), "test_name_and_title_are_sane"),
        (StatKind("films", "Films", media_types=("mp4",)), "test_points_are_either_files_or_values"),
        (StatKind("films", "Films", Path2D, ("video/mp4",)), "test_points_are_either_files_or_values"),
        (StatKind("trajectories", "Trajectories", Path2D), "test_point_model_round_trips"),
        (StatKind("trajectories", "T", renderer="static/none.js"), "test_renderer_is_in_the_package"),
    ],
)
def test_contract_finds_what_is_wrong(kind, rule):
    with pytest.raises(AssertionError):
        getattr(contract_of(kind, [{"x": [1.0, 2.0]}], "gymdash_core"), rule)()


def test_renderer_without_a_package_is_explained():
    with pytest.raises(AssertionError, match="package"):
        contract_of(StatKind("t", "T", renderer="x.js")).test_renderer_is_in_the_package()
