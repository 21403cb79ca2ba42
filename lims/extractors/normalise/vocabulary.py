"""Which of the vocabulary's fields a vendor fills with zero when it does not know."""

UNKNOWN_WHEN_ZERO = frozenset(
    {
        "acceleration_voltage",
        "emission_current",
        "extraction_voltage",
        "beam_current",
        "probe_current",
        "convergence_semi_angle",
        "collection_semi_angle",
        "magnification",
        "camera_length",
        "working_distance",
        "field_of_view_x",
        "field_of_view_y",
        "pixel_size_x",
        "pixel_size_y",
        "dwell_time",
        "frame_time",
        "exposure_time",
        "chamber_pressure",
        "live_time",
        "real_time",
    }
)
"""A zero or less here means that the vendor's program did not know, and is left out."""
