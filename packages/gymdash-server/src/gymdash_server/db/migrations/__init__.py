"""Migrations of the index, one module a version."""
