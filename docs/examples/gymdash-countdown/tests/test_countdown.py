from gymdash_core.testing import check_plugin, run_simulation, start_simulation

QUICK = {"total": 5, "period": 0.01}


def test_plugin_is_found_and_sound():
    check_plugin("countdown")


def test_it_counts_to_its_end():
    run = run_simulation("countdown", QUICK, executor="process")
    assert run.state == "succeeded"
    assert run.statuses[-1].details == "Simulation successfully run."


def test_a_total_that_makes_no_sense_fails_the_run():
    run = run_simulation("countdown", {"total": 0}, executor="process")
    assert run.state == "failed"
    assert "total must be positive" in run.statuses[-1].details


def test_it_asks_and_goes_on_when_answered():
    run = run_simulation("countdown", {**QUICK, "pause_at": [2]}, executor="process", answers=[{"continue": True}])
    assert run.state == "succeeded"


def test_a_plain_query_lets_it_go_on_too():
    with start_simulation("countdown", {**QUICK, "pause_at": [2]}, executor="process") as run:
        run.wait_for("waiting")
        reply = run.query({"custom_query": {"continue": 1}})["custom_query"]
        assert reply.triggered
        assert reply.value == {"continue": 1}
        assert run.wait() == "succeeded"


def test_it_can_be_stopped_while_it_waits():
    with start_simulation("countdown", {**QUICK, "pause_at": [2]}, executor="process") as run:
        run.wait_for("waiting")
        assert run.stop() == "stopped"


def test_it_tells_its_progress():
    with start_simulation("countdown", {"total": 1000, "period": 0.01}, executor="process") as run:
        reply = run.query({"progress": None})["progress"]
        assert reply.triggered
        assert reply.value[1] == 1000
