"""The index: tables, migrations and repositories. It can be rebuilt from the run directories at any time."""
