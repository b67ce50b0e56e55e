"""Fixtures, fakes and contract suites for plugin authors."""
