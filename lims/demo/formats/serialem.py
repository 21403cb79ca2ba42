"""MRC2014 with the .mdoc text that SerialEM writes beside it, after it."""

import struct
from pathlib import Path

import numpy as np

from lims.demo.shot import Shot

MODES = {"int8": 0, "int16": 1, "float32": 2, "uint16": 6}
LITTLE_ENDIAN = b"\x44\x44\x00\x00"
LABELS, LABEL_BYTES = 10, 80


def write_mrc(path: Path, shot: Shot) -> None:
    path.write_bytes(header(shot) + np.ascontiguousarray(shot.data[::-1]).astype("<u2").tobytes())
    mdoc_of(path).write_text(mdoc(path.name, shot), encoding="ascii", newline="")


def mdoc_of(path: Path) -> Path:
    return path.with_name(path.name + ".mdoc")


def header(shot: Shot) -> bytes:
    """1024 bytes; cell dimensions in angstrom."""
    rows, columns = shot.data.shape
    pixel_angstrom = shot.pixel_m * 1e10
    label = f"SerialEM: {shot.comment}"[:LABEL_BYTES].ljust(LABEL_BYTES).encode("ascii", "replace")
    lowest, highest, mean = float(shot.data.min()), float(shot.data.max()), float(shot.data.mean())
    parts = [
        struct.pack("<10i", columns, rows, 1, MODES["uint16"], 0, 0, 0, columns, rows, 1),
        struct.pack("<6f", columns * pixel_angstrom, rows * pixel_angstrom, pixel_angstrom, 90, 90, 90),
        struct.pack("<3i3f2i", 1, 2, 3, lowest, highest, mean, 1, 0),
        bytes(8), b"SERI", struct.pack("<i", 20140), bytes(84),
        struct.pack("<3f", 0, 0, 0), b"MAP ", LITTLE_ENDIAN, struct.pack("<fi", float(shot.data.std()), 1),
        label, bytes((LABELS - 1) * LABEL_BYTES),
    ]
    return b"".join(parts)


def mdoc(name: str, shot: Shot) -> str:
    rows, columns = shot.data.shape
    pixel_angstrom = shot.pixel_m * 1e10
    lines = [
        f"PixelSpacing = {pixel_angstrom:.4f}", f"Voltage = {shot.voltage_v / 1e3:g}", f"ImageFile = {name}",
        f"ImageSize = {columns} {rows}", "DataMode = 6", "",
        f"[T = SerialEM: {shot.comment}]", "",
        "[ZValue = 0]", f"TiltAngle = {shot.tilt_deg:.4f}",
        f"StagePosition = {10.0 + shot.number:.3f} {-4.0 * shot.number:.3f}", "StageZ = 12.8",
        f"Magnification = {shot.magnification:g}", "Intensity = 0.118", "ExposureDose = 32.5",
        f"PixelSpacing = {pixel_angstrom:.4f}", "SpotSize = 6", "Defocus = -1.40", "TargetDefocus = -1.5",
        f"ExposureTime = {shot.dwell_s:g}", "Binning = 1", "CameraIndex = 1", "DividedBy2 = 0",
        f"CameraName = {shot.detector}", f"Operator = {shot.operator}", f"Sample = {shot.sample}",
        f"DateTime = {shot.at:%d-%b-%Y  %H:%M:%S}", "",
    ]
    return "\r\n".join(lines)
