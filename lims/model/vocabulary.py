"""The normalised vocabulary: the fields every format is asked for. Names follow NeXus NXem and the EM Glossary."""

FIELDS: dict[str, str] = {
    "title": "",
    "start_time": "",
    "end_time": "",
    "operator": "",
    "affiliation": "",
    "experiment_id": "",
    "sample_id": "",
    "elements": "",
    "instrument_name": "",
    "instrument_vendor": "",
    "instrument_model": "",
    "location": "",
    "source_type": "",
    "acceleration_voltage": "V",
    "emission_current": "A",
    "extraction_voltage": "V",
    "beam_current": "A",
    "probe_current": "A",
    "operation_mode": "",
    "convergence_semi_angle": "rad",
    "collection_semi_angle": "rad",
    "magnification": "",
    "camera_length": "m",
    "working_distance": "m",
    "defocus": "m",
    "field_of_view_x": "m",
    "field_of_view_y": "m",
    "pixel_size_x": "m",
    "pixel_size_y": "m",
    "scan_rotation": "rad",
    "dwell_time": "s",
    "frame_time": "s",
    "stage_x": "m",
    "stage_y": "m",
    "stage_z": "m",
    "tilt_alpha": "rad",
    "tilt_beta": "rad",
    "rotation": "rad",
    "detector_name": "",
    "detector_type": "",
    "exposure_time": "s",
    "live_time": "s",
    "real_time": "s",
    "dead_time": "s",
    "dose_rate": "e/m²/s",
    "chamber_pressure": "Pa",
    "temperature": "K",
    "signal_type": "",
    "shape": "",
    "dtype": "",
}
"""Each field's SI unit, "" for texts, lists and the one pure number, magnification."""

PURE_NUMBERS = frozenset({"magnification"})


def is_text(field: str) -> bool:
    """Whether a field holds text (or a list) and no number."""
    return FIELDS[field] == "" and field not in PURE_NUMBERS
