"""Delivers to alarm centres what is routed to them."""
