"""How a gateway gets its certificate from a district, and a later one before it ends."""
