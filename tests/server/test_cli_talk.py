"""Talking to runs from the command line."""

from __future__ import annotations

import json


def test_channels_are_asked_and_set(served):
    run = served("start", "Counter", "-p", "total=100000").stdout.strip()
    served.until(run, "running")
    replies = served.json("query", run, "progress", "speed=2.5")["channels"]
    assert set(replies["progress"]) == {"triggered", "value", "age_s", "pending", "request_id", "reason", "step"}
    assert replies["speed"]["value"] == 2.5
    assert replies["progress"]["value"][1] == 100_000
    assert "speed" in served("query", run, "speed").stdout


def test_a_reply_that_does_not_come_has_exit_code_4(served):
    run = served("start", "Counter", "-p", "total=100000").stdout.strip()
    served.until(run, "running")
    assert served.json("query", run, "never", "--timeout", 0.2, code=4)["channels"]["never"]["reason"] == "timeout"


def test_what_a_channel_refuses_is_one_line(served):
    run = served("start", "Counter", "-p", "total=100000").stdout.strip()
    served.until(run, "running")
    assert "speed" in served("query", run, "speed=fast", code=1).stderr
    assert "Did you mean 'speed'?" in served("query", run, "sped", code=1).stderr
    served("kill", run)
    served("wait", run, code=1)
    assert "is killed" in served("query", run, "progress", code=1).stderr


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
    other = served("start", "Asking").stdout.strip()
    served.until(other, "waiting")
    assert "2 questions are open" in served("answer", code=2).stderr
