"""Who may talk to the server: it starts processes, so nobody but the holder of its token."""
