"""The command line of Callpoint."""
