"""The recorder: keeps the index true to the run directories, and tells what has changed."""
