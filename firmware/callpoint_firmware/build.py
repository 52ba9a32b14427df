"""Which build of the firmware this is.

``SEQUENCE`` rises with every release; a device takes no package below that of what it runs, also
when that was written by cable. Who builds an image or a package may give other numbers.
"""

SEQUENCE = 1
VERSION = "0.1.0"
