"""Frozen as ``boot``, and empty: a ``boot.py`` in the file system is then never run.

MicroPython runs ``boot`` before ``main`` and takes a frozen one first. A file left there by an
earlier firmware could stop or change the start of an alarm device.
"""
