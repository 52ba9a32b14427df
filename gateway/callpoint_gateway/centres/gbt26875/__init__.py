"""Tells fire centres by GB/T 26875.3, and answers them. The frames are those of ``protocols``."""
