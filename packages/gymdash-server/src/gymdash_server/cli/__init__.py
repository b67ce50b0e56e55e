"""The command line ``gymdash``.

Commands are thin: they parse, call the client (`gymdash_server.client`) or one function of the server, and print
through `output`, the only module that does. Importing the commands loads click alone, so that help is quick; whatever
else a command needs it imports when it runs.
"""
