import socket

import click
import pytest
from click.testing import CliRunner

from gymdash_core.testing import check_plugin
from gymdash_notify.plugin import gymdash_commands, gymdash_run_finished
from gymdash_notify.webhook import message_of

#: What the server tells of a run, as GET /api/v1/simulations/{id} shows it.
RUN = {
    "id": "0f5c9c3e-8c1e-4c0a-9a53-1d3f5a7d2b10",
    "name": "swing",
    "key": "pendulum",
    "state": "failed",
    "reason": "ValueError: no",
    "attempt": 1,
    "created": "2026-01-02T03:04:00.000000Z",
    "started": "2026-01-02T03:04:05.000000Z",
    "ended": "2026-01-02T03:05:49.400000Z",
    "kwargs": {"password": "kept"},
}


def run_command(*arguments):
    cli = click.Group()
    gymdash_commands(cli=cli)
    return CliRunner().invoke(cli, ["notify", *arguments])


def free_address():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{taken.getsockname()[1]}"


def test_plugin_is_found_and_sound():
    check_plugin("notify")


def test_a_run_that_has_ended_is_posted(webhook):
    gymdash_run_finished(run=RUN)
    kind, message = webhook.posted.get(timeout=10)
    assert kind == "application/json"
    assert message["text"] == "swing (pendulum) failed after 104 s: ValueError: no"
    assert message["run"]["id"] == RUN["id"]
    assert "kept" not in str(message)


def test_a_run_that_never_began_is_told_without_a_time():
    assert message_of({**RUN, "started": None, "reason": ""})["text"] == "swing (pendulum) failed"


def test_nothing_is_posted_where_no_webhook_is_named(webhook, monkeypatch):
    monkeypatch.delenv("GYMDASH_NOTIFY_URL")
    gymdash_run_finished(run=RUN)
    assert webhook.posted.empty()


@pytest.mark.parametrize("url", [free_address(), "file:///etc/hostname", "no address", "http://[", "http://a b/"])
def test_a_webhook_that_cannot_be_reached_is_told_in_the_log(url, monkeypatch, caplog):
    monkeypatch.setenv("GYMDASH_NOTIFY_URL", url)
    gymdash_run_finished(run=RUN)
    assert RUN["id"] in caplog.text


def test_a_webhook_that_refuses_is_told_in_the_log(webhook, caplog):
    webhook.status = 500
    gymdash_run_finished(run=RUN)
    assert "500" in caplog.text


def test_the_command_posts_a_trial_message(webhook):
    assert run_command().output == "The webhook has taken the message.\n"
    assert "trial" in webhook.posted.get(timeout=10)[1]["text"]


def test_the_command_takes_an_address(webhook, monkeypatch):
    monkeypatch.delenv("GYMDASH_NOTIFY_URL")
    assert run_command("--url", webhook.url).exit_code == 0
    assert not webhook.posted.empty()


def test_the_command_says_what_is_wrong(monkeypatch):
    monkeypatch.delenv("GYMDASH_NOTIFY_URL", raising=False)
    without = run_command()
    assert (without.exit_code, "Set GYMDASH_NOTIFY_URL" in without.output) == (2, True)
    refused = run_command("--url", free_address())
    assert (refused.exit_code, "cannot post to the webhook" in refused.output) == (1, True)
