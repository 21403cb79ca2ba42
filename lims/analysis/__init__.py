"""What the notebooks compute, as plain functions on arrays: usable and tested without a facility."""
