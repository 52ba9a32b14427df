"""The technician's set: images for boards, flashing, site plans."""
