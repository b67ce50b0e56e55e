"""The routes, a module a resource. Each parses, calls one service or repository, and answers."""
