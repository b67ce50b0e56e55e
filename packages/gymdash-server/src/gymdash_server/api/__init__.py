"""REST and the live stream under ``/api/v1``."""
