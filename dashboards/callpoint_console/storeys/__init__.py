"""Storey plans: pictures that people upload, made harmless, and where devices are on them."""
