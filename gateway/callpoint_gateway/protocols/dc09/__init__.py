"""ANSI/SIA DC-09: events to an alarm centre over IP.

``message`` turns a report into a frame, ``frame`` and ``cipher`` turn a frame into bytes and
back, ``reply`` reads what receivers really answer. Nothing here opens a connection.
"""
