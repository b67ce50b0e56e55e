"""The commands, a module a subject; each module lists its own in ``COMMANDS``."""
