"""Rules of `gymdash_server.settings`: the caller wins over the environment, which wins over the defaults."""

from __future__ import annotations

import os

import pytest
from pydantic import ValidationError

from gymdash_server.settings import Settings


@pytest.fixture(autouse=True)
def clean(monkeypatch):
    for name in [name for name in os.environ if name.startswith("GYMDASH_")]:
        monkeypatch.delenv(name)


def test_defaults_need_nothing():
    settings = Settings()
    assert (settings.host, settings.port, settings.is_loopback, settings.load) == ("127.0.0.1", 8888, True, ())
    assert settings.max_running >= 4
    assert settings.database_url == f"sqlite:///{settings.project_folder.database}"


def test_environment_wins_over_defaults_and_the_caller_over_both(monkeypatch, tmp_path):
    for name, value in {"PORT": "9", "TOKEN": "t", "LOAD": "a.py, b ,", "ALLOW_HOSTS": "x", "MAX_RUNNING": "3"}.items():
        monkeypatch.setenv(f"GYMDASH_{name}", value)
    monkeypatch.setenv("GYMDASH_PROJECT", str(tmp_path))
    settings = Settings(port=10)
    assert (settings.port, settings.secret, settings.load, settings.allow_hosts) == (10, "t", ("a.py", "b"), ("x",))
    assert (settings.max_running, settings.project_folder.path) == (3, tmp_path)


def test_database_is_named_by_the_caller_or_by_its_url_variable(monkeypatch):
    assert Settings(database="sqlite:///mine.db").database_url == "sqlite:///mine.db"
    monkeypatch.setenv("GYMDASH_DATABASE_URL", "sqlite:///theirs.db")
    assert Settings().database_url == "sqlite:///theirs.db"
    assert Settings(database="sqlite:///mine.db").database_url == "sqlite:///mine.db"


def test_variables_of_others_are_left_alone(monkeypatch):
    monkeypatch.setenv("DATABASE", "sqlite:///other.db")
    monkeypatch.setenv("PORT", "1")
    assert (Settings().database, Settings().port) == (None, 8888)


def test_token_is_random_where_none_is_given_and_stays(tmp_path):
    one, other = Settings(project=tmp_path / "one"), Settings(project=tmp_path / "other")
    assert one.secret == Settings(project=tmp_path / "one").secret != other.secret
    assert len(one.secret) > 20


@pytest.mark.parametrize(
    "wrong",
    [
        {"port": -1},
        {"port": 70000},
        {"max_running": 0},
        {"usage_period_s": 0},
        {"client_bytes": 1},
        {"max_body_bytes": 0},
    ],
)
def test_values_out_of_range_are_refused(wrong):
    with pytest.raises(ValidationError):
        Settings(**wrong)


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("0.0.0.0", "127.0.0.1"),
        ("", "127.0.0.1"),
        ("::", "::1"),
        ("0:0::0", "::1"),
        ("127.0.0.1", "127.0.0.1"),
        ("192.168.0.7", "192.168.0.7"),
        ("gpu-box.example", "gpu-box.example"),
        ("fe80::1", "fe80::1"),
    ],
)
def test_a_server_on_all_addresses_is_reached_at_the_loopback_one(tmp_path, host, address):
    assert Settings(project=tmp_path, host=host).address == address
