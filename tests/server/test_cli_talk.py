"""Talking to runs from the command line."""

from __future__ import annotations

import json

import pytest

from gymdash_server.cli.commands import talk
from gymdash_server.schemas.talking import ReplyRead
from live_servers import ASK_S


def test_channels_are_asked_and_set(served):
    run = served("start", "Counter", "-p", "total=100000").stdout.strip()
    served.until(run, "running")
    replies = served.json("query", run, "progress", "speed=2.5", "--timeout", ASK_S)["channels"]
    assert set(replies["progress"]) == {"triggered", "value", "age_s", "pending", "request_id", "reason", "step"}
    assert replies["speed"]["value"] == 2.5
    assert replies["progress"]["value"][1] == 100_000
    assert "speed" in served("query", run, "speed", "--timeout", ASK_S).stdout


def test_long_texts_are_cut_in_a_table():
    picture = f"data:image/png;base64,{'A' * 5000}"
    given = {"label": "7", "of": [picture, "x" * 200]}
    reply = ReplyRead(triggered=True, value=given, age_s=0, pending=False, request_id=None, reason="", step=None)
    _, value, *_ = talk._row("classify", reply)
    told = json.loads(value)
    assert told["label"] == "7"
    assert told["of"] == [
        "data:image/png;base64,AAAAAAAAAAAAAAAAAA\N{HORIZONTAL ELLIPSIS} (5,022 characters; --json has them)",
        "x" * 200,
    ]


def test_a_reply_that_does_not_come_has_exit_code_4(served):
    run = served("start", "Counter", "-p", "total=100000").stdout.strip()
    served.until(run, "running")
    assert served.json("query", run, "never", "--timeout", 0.2, code=4)["channels"]["never"]["reason"] == "timeout"
    heads, row = served("query", run, "never", "--timeout", 0.2, code=4).stdout.splitlines()
    assert heads.index("reason") == row.index("timeout")


def test_a_change_is_told_with_the_step_at_which_it_holds(served):
    run = served("start", "Counter", "-p", "total=100000").stdout.strip()
    served.until(run, "running")
    reply = served.json("query", run, "speed=2.5", "--timeout", ASK_S)["channels"]["speed"]
    assert isinstance(reply["step"], int)
    heads, row = served("query", run, "speed=3.5", "--timeout", ASK_S).stdout.splitlines()
    assert row[heads.index("value") :].startswith("3.5")
    assert row[heads.index("step") :].split()[0].isdecimal()


def test_what_a_channel_refuses_is_one_line(served):
    run = served("start", "Counter", "-p", "total=100000").stdout.strip()
    served.until(run, "running")
    assert "speed" in served("query", run, "speed=fast", code=1).stderr
    assert "Did you mean 'speed'?" in served("query", run, "sped", code=1).stderr
    served("kill", run)
    served("wait", run, code=1)
    assert "is killed: it cannot be queried" in served("query", run, "progress", code=1).stderr


def test_an_answer_is_given_as_json_or_from_a_file(served):
    run = served("start", "Asking").stdout.strip()
    served.until(run, "waiting")
    assert "What shall it be?" in served("show", run).stdout
    assert "colour" in served("answer", run, '{"name": "x", "colour": "green"}', code=1).stderr
    (served.folder / "answer.json").write_text('{"name": "x", "colour": "blue"}')
    answered = served.json("answer", run, "@answer.json")
    assert (answered["state"], answered["answer"]) == ("answered", {"name": "x", "colour": "blue"})
    served("wait", run)
    assert "asks nothing now" in served("answer", run, "1", code=1).stderr
    assert "No question is open" in served("answer", code=1).stderr
    assert "No question is open" in served("answer", "{}", code=1).stderr


def test_the_id_of_an_answered_question_is_told_to_be_answered(served):
    run = served("start", "Asking").stdout.strip()
    served.until(run, "waiting")
    identity = served.json("answer", run, '{"name": "x", "colour": "blue"}')["id"]
    for arguments in ([identity], [identity, "1"], [identity[:8], "1"]):
        assert f"{identity} is already answered" in served("answer", *arguments, code=1).stderr
    nothing = "12345678-1234-1234-1234-123456789abc"
    assert f"no run '{nothing}'" in served("answer", nothing, code=1).stderr
    assert f"no run '{nothing}'" in served("answer", nothing, "1", code=1).stderr
    assert "no control request '0123456789abcdef'" in served("answer", "0123456789abcdef", code=1).stderr


@pytest.mark.parametrize("value", ['{"name": "x", "colour": "blue"}', "@answer.json"])
def test_a_value_stands_alone_where_one_question_is_open(served, value):
    (served.folder / "answer.json").write_text('{"name": "x", "colour": "blue"}')
    run = served("start", "Asking").stdout.strip()
    served.until(run, "waiting")
    assert served.json("answer", value)["answer"] == {"name": "x", "colour": "blue"}
    served("wait", run)


@pytest.mark.parametrize(("value", "sent"), [("7", 7), ("true", True), ('"seven"', "seven"), ("seven", "seven")])
def test_what_names_no_run_is_the_value(served, value, sent):
    run = served("start", "Open", "--name", "asks").stdout.strip()
    served.until(run, "waiting")
    assert served.json("answer", value)["answer"] == sent
    served("wait", run)


def test_what_names_a_run_is_no_value(served):
    done = served("start", "Counter", "--name", "done").stdout.strip()
    served("wait", done)
    run = served("start", "Open", "--name", "asks").stdout.strip()
    served.until(run, "waiting")
    assert "done asks nothing now" in served("answer", "done", code=1).stderr
    served("answer", "asks", stdin="seven\n")
    served("wait", run)


def test_an_answer_is_asked_for_as_the_schema_says(served):
    run = served("start", "Asking").stdout.strip()
    served.until(run, "waiting")
    typed = ["fred", "green", "blue", "many", "7", "", "no", "[2, 3]"]
    done = served("answer", stdin="\n".join(typed) + "\n")
    assert "'green' is none of red, blue" in done.stderr
    assert "'many' is not an integer" in done.stderr
    assert "answered" in done.stdout
    served("wait", run)
    (text,) = served.json("points", run, "answer")["value"]
    assert json.loads(text) == {
        "name": "fred", "colour": "blue", "count": 7, "ratio": None, "really": False, "layers": [2, 3],
    }  # fmt: skip


def test_an_answer_that_breaks_off_leaves_the_question_open(served):
    run = served("start", "Asking").stdout.strip()
    served.until(run, "waiting")
    assert "Interrupted" in served("answer", stdin="fred\n", code=130).stderr
    other = served("start", "Asking", "--name", "the other").stdout.strip()
    served.until(other, "waiting")
    said = served("answer", code=2).stderr
    assert "2 questions are open" in said
    assert "Asking: What shall it be?" in said
    assert "the other: What shall it be?" in said
