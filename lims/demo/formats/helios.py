"""TIFF as FEI and Thermo Fisher SEMs and FIBs write it: an ini text in tag 34682."""

from pathlib import Path

import tifffile

from lims.demo.shot import Shot

FEI_HELIOS = 34682


def write_fei_tiff(path: Path, shot: Shot) -> None:
    text = ini(shot)
    tag = (FEI_HELIOS, tifffile.DATATYPE.ASCII, len(text) + 1, text, True)
    tifffile.imwrite(path, shot.data, photometric="minisblack", metadata=None, software=None, extratags=[tag])


def ini(shot: Shot) -> str:
    """The sections in xT's own order; SI units, as there."""
    rows, columns = shot.data.shape
    width, height = columns * shot.pixel_m, rows * shot.pixel_m
    line_s = shot.dwell_s * columns * 1.1
    sections: dict[str, dict[str, object]] = {
        "User": {
            "Date": f"{shot.at:%m/%d/%Y}", "Time": f"{shot.at:%I:%M:%S %p}", "User": shot.operator,
            "UserText": f"{shot.sample} ({shot.comment})",
        },
        "System": {
            "Type": "DualBeam", "Dnumber": 9952241, "Software": "24.1.0.11142", "Source": "FEG", "Column": "Elstar",
            "Stage": "110 x 110", "ESEM": "no", "SystemType": "Helios 5 UX",
        },
        "Beam": {"HV": f"{shot.voltage_v:g}", "Spot": 6, "ScanRotation": 0, "Beam": "EBeam", "Scan": "EScan"},
        "EBeam": {
            "Source": "FEG", "ColumnType": "Elstar", "HV": f"{shot.voltage_v:g}", "HFW": f"{width:g}",
            "VFW": f"{height:g}", "WD": f"{shot.working_distance_m:g}", "BeamCurrent": "1e-010",
            "LensMode": "Immersion",
        },
        "Scan": {
            "InternalScan": "true", "Dwelltime": f"{shot.dwell_s:g}", "PixelWidth": f"{shot.pixel_m:g}",
            "PixelHeight": f"{shot.pixel_m:g}", "HorFieldsize": f"{width:g}", "VerFieldsize": f"{height:g}",
            "Average": 0, "Integrate": 1, "FrameTime": f"{line_s * rows:g}",
        },
        "EScan": {
            "Dwell": f"{shot.dwell_s:g}", "PixelWidth": f"{shot.pixel_m:g}", "PixelHeight": f"{shot.pixel_m:g}",
            "LineTime": f"{line_s:g}", "Mainslock": "On",
        },
        "Stage": {
            "StageX": f"{1e-4 * shot.number:g}", "StageY": f"{-2e-5 * shot.number:g}", "StageZ": "0.00396",
            "StageR": "0.0261", "StageT": f"{shot.tilt_deg * 3.141592653589793 / 180:g}",
            "WorkingDistance": f"{shot.working_distance_m:g}",
        },
        "Image": {"ResolutionX": columns, "ResolutionY": rows, "MagnificationMode": 3, "PostProcessing": "None"},
        "Vacuum": {"ChPressure": "0.000212", "UserMode": "High vacuum"},
        "Specimen": {"Temperature": "", "SpecimenCurrent": "3.41e-013"},
        "Detectors": {"Number": 1, "Name": shot.detector, "Mode": "SE"},
        "PrivateFei": {"TimeOfCreation": f"{shot.at:%d.%m.%Y %H:%M:%S}", "DatabarHeight": 0},
    }
    parts = [
        "\r\n".join([f"[{name}]", *(f"{key}={value}" for key, value in keys.items())])
        for name, keys in sections.items()
    ]
    return "\r\n\r\n".join(parts) + "\r\n"
