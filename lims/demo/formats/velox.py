"""EMD as Velox writes it: an HDF5 tree with one JSON document of metadata per frame."""

import json
import uuid
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from lims.demo.shot import Shot

METADATA_BYTES = 60000
NAMESPACE = uuid.UUID("4b1c2f7e-6a1d-4b0e-9e0b-1b5f6a7c8d90")


def write_velox(path: Path, shot: Shot) -> None:
    guid = uuid.uuid5(NAMESPACE, f"{path.name} {shot.at.isoformat()}").hex
    with h5py.File(path, "w") as tree:
        put_document(tree, "Version", {"version": "8", "format": "Velox"})
        put_document(tree, "Info", {"applicationVersion": "3.10.0.1053-7d2f8c14"})
        put_document(tree, "Features/Features", {"features": [{"STEMFeature": f"/Features/STEMFeature/{guid}"}]})
        put_document(tree, f"Features/STEMFeature/{guid}", {"stemInputOperations": [input_of(guid)]})
        put_document(tree, input_of(guid), {"dataPath": f"/Data/Image/{guid}", "detector": shot.detector})
        image = tree.create_group(f"Data/Image/{guid}")
        rows, columns = shot.data.shape
        image.create_dataset("Data", data=shot.data[:, :, np.newaxis], chunks=(rows, columns, 1))
        image.create_dataset("FrameLookupTable", data=np.zeros(1, dtype=np.uint32))
        text = json.dumps(metadata(shot, guid)).encode().ljust(METADATA_BYTES, b"\0")
        image.create_dataset("Metadata", data=np.frombuffer(text, dtype=np.uint8)[:, np.newaxis], compression="gzip")


def input_of(guid: str) -> str:
    return f"/Operations/StemInputOperation/{guid}"


def put_document(tree: h5py.File, name: str, document: dict[str, Any]) -> None:
    text = json.dumps(document, indent=4)
    tree.create_dataset(name, data=np.array([text.encode()], dtype=object), dtype=h5py.string_dtype())


def metadata(shot: Shot, guid: str) -> dict[str, Any]:
    """Every number is a text, as Velox has it; SI units, angles in radian."""
    rows, columns = shot.data.shape
    field_m = columns * shot.pixel_m
    line_s = shot.dwell_s * columns * 1.15
    number = "{:.16g}".format
    return {
        "Core": {"MetadataDefinitionVersion": "7.9", "MetadataSchemaVersion": "v1/2013/07", "guid": guid},
        "Instrument": {
            "ControlSoftwareVersion": "2.9.1", "Manufacturer": "FEI Company", "InstrumentId": "3812",
            "InstrumentClass": "Titan", "InstrumentModel": "Titan Themis 300", "ComputerName": "TITAN-3812",
        },
        "Acquisition": {
            "AcquisitionStartDatetime": {"DateTime": str(int(shot.at.timestamp()))},
            "AcquisitionDatetime": {"DateTime": "0"}, "BeamType": "", "SourceType": "XFEG",
        },
        "Optics": {
            "GunLensSetting": "3", "ExtractorVoltage": "4050", "AccelerationVoltage": number(shot.voltage_v),
            "SpotIndex": "9", "BeamConvergence": "0.0214", "ScreenCurrent": "4.8e-11",
            "LastMeasuredScreenCurrent": "4.8e-11", "FullScanFieldOfView": {"x": number(field_m), "y": number(field_m)},
            "Defocus": "0", "OperatingMode": "2", "ProjectorMode": "1", "ObjectiveLensMode": "HM",
            "IlluminationMode": "Probe", "ProbeMode": "1", "CameraLength": "0.115",
            "NominalMagnification": number(shot.magnification),
        },
        "Stage": {
            "Position": {"x": number(1e-6 * shot.number), "y": number(-4e-6 * shot.number), "z": "1.2e-05"},
            "AlphaTilt": number(np.deg2rad(shot.tilt_deg)), "BetaTilt": "0.0005", "HolderType": "Double Tilt",
        },
        "Scan": {
            "ScanSize": {"width": str(columns), "height": str(rows)}, "DwellTime": number(shot.dwell_s),
            "LineTime": number(line_s), "FrameTime": number(line_s * rows), "ScanRotation": "0",
            "MainsLockOn": "false",
        },
        "Detectors": {
            "Detector-0": {
                "DetectorName": shot.detector, "DetectorType": "ScanningDetector", "Inserted": "true",
                "Enabled": "true", "CollectionAngleRange": {"begin": "0.046", "end": "0.2"},
            }
        },
        "BinaryResult": {
            "DetectorIndex": "0", "Detector": shot.detector,
            "PixelSize": {"width": number(shot.pixel_m), "height": number(shot.pixel_m)},
            "PixelUnitX": "m", "PixelUnitY": "m",
            "Offset": {"x": number(-field_m / 2), "y": number(-field_m / 2)},
        },
        "Sample": {"SampleId": shot.sample, "SampleDescription": shot.comment},
        "User": {"Name": shot.operator},
        "CustomProperties": {"Detectors[SuperXG21].BilatThresholdHi": {"type": "double", "value": "0.00321471"}},
    }
