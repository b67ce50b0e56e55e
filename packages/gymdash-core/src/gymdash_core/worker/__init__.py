"""The process of a run: worker, supervisor, and the protocol between worker and controllers."""
