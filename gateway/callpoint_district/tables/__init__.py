"""The tables of a district, by subject, as steps that are taken once."""
