"""GB/T 26875.3-2011: what a user transmission device says to a city's fire centre.

``frame``: bytes and frames. ``codes``, ``objects``: what stands in them. Nothing here opens a
connection.
"""
