"""The Unix socket over which the command line asks a running gateway."""
