"""GB/T 26875.3-2011: what a user transmission device says to a city's fire centre.

``frame``: bytes and frames. ``codes``, ``objects``: what stands in them. ``facts``: what the site
has, as a fire centre counts it, and what is known of it now. ``answers``: what a centre asks for.
``path``: one connection that reports and listens.
"""
