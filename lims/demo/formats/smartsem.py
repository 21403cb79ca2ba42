"""TIFF as Zeiss SmartSEM writes it: nameless SI numbers, then named lines, in tag 34118."""

from pathlib import Path

import tifffile

from lims.demo.shot import Shot

CZ_SEM = 34118
DISPLAY_PIXELS = 1024


def write_zeiss_tiff(path: Path, shot: Shot) -> None:
    text = lines(shot).encode("cp1252")
    tag = (CZ_SEM, tifffile.DATATYPE.ASCII, len(text) + 1, text, True)
    tifffile.imwrite(path, shot.data, photometric="minisblack", metadata=None, software=None, extratags=[tag])


def lines(shot: Shot) -> str:
    """The nameless numbers relate to a display 1024 pixels wide, whatever the picture's width is."""
    rows, columns = shot.data.shape
    display_pixel_m = shot.pixel_m * columns / DISPLAY_PIXELS
    nameless = ["0", "0", "0", f"{display_pixel_m:e}", f"{shot.magnification:e}", "6", f"{shot.voltage_v:e}"]
    nameless += ["2.309000e+000", "2.000000e-007", f"{shot.working_distance_m:e}"]
    named = {
        "DP_ZOOM": "Zoom = Off",
        "DP_DETECTOR_CHANNEL": f"Signal A = {shot.detector}",
        "DP_RUNUPSTATE": "Beam State = Beam On",
        "DP_SCANRATE": "Scan Speed = 6",
        "DP_IMAGE_STORE": f"Store resolution = {columns} * {rows}",
        "AP_WD": f"WD = {shot.working_distance_m * 1e3:4.1f} mm",
        "AP_MAG": f"Mag = {shot.magnification / 1e3:6.2f} K X",
        "AP_BRIGHTNESS": "Brightness =  47.5 %",
        "AP_CONTRAST": "Contrast =  28.0 %",
        "AP_MANUALKV": f"EHT Target = {shot.voltage_v / 1e3:5.2f} kV",
        "AP_ACTUALKV": f"EHT = {shot.voltage_v / 1e3:5.2f} kV",
        "AP_TILT_ANGLE": f"Tilt Angle = {shot.tilt_deg:5.1f} °",
        "AP_PIXEL_SIZE": f"Pixel Size = {shot.pixel_m * 1e9:.4g} nm",
        "AP_SYSTEM_VAC": "System Vacuum = 1.48e-006 mbar",
        "AP_HEIGHT": f"Height = {rows * shot.pixel_m * 1e6:.4g} µm",
        "AP_WIDTH": f"Width = {columns * shot.pixel_m * 1e6:.4g} µm",
        "AP_STAGE_AT_X": f"Stage at X = {62 + shot.number * 0.01:.4f} mm",
        "AP_STAGE_AT_Y": f"Stage at Y = {65 - shot.number * 0.02:.4f} mm",
        "AP_STAGE_AT_Z": "Stage at Z = 44.678 mm",
        "AP_STAGE_AT_T": f"Stage at T = {shot.tilt_deg:5.1f} °",
        "AP_STAGE_AT_R": "Stage at R = 245.8 °",
        "AP_DATE": f"Date :{shot.at:%d %b %Y}",
        "AP_TIME": f"Time :{shot.at:%H:%M:%S}",
        "SV_SAMPLE_ID": f"Sample ID = {shot.sample}",
        "SV_VERSION": "Version = V06.05.00.00 : 14-Feb-20",
        "SV_SERIAL_NUMBER": "Serial No. = GeminiSEM 560-79-14",
        "SV_USER_TEXT": f"User Text = {shot.comment}",
        "SV_OPERATOR": f"Operator = {shot.operator}",
        "SV_USER_NAME": f"User Name = {shot.operator.upper()}",
        "SV_FILE_NAME": f"File Name = {shot.sample}_{shot.number:02d}.tif",
    }
    body = [text for key, value in named.items() for text in (key, value)]
    return "\r\n".join([*nameless, *body]) + "\r\n"
