"""What people write for a gateway, checked before it is used."""
