# MicroPython runs this before main.py. It is empty so that nothing is changed there.
