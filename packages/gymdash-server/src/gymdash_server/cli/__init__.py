"""The command line ``gymdash``."""
