"""The pages that property managers, operators and technicians work on."""
