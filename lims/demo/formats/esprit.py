"""A spectrum as Bruker Esprit writes it (.spx): XML with the channels as one line of numbers."""

import base64
import zlib
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from lims.demo.shot import Shot

LAYERS = '<DetLayers><Layer0 Atom="13" Thickness="3E-2"/><Layer1 Atom="6" Thickness="1.45E-1"/></DetLayers>'
TEMPLATE = """<?xml version="1.0" encoding="WINDOWS-1252" standalone="yes"?>
<TRTSpectrum>
  <RTHeader/>
  <ClassInstance Type="TRTSpectrum" Name={name}>
    <TRTHeaderedClass>
      <ClassInstance Type="TRTSpectrumHardwareHeader">
        <RealTime>39594</RealTime>
        <LifeTime>19997</LifeTime>
        <DeadTime>49</DeadTime>
        <ZeroPeakPosition>95</ZeroPeakPosition>
        <PulseDensity>28913</PulseDensity>
        <Amplification>2E4</Amplification>
        <ShapingTime>130000</ShapingTime>
        <DetectorCount>1</DetectorCount>
      </ClassInstance>
      <ClassInstance Type="TRTDetectorHeader">
        <Technology>SDDpr</Technology>
        <Serial>12410_12</Serial>
        <Type>XFlash 6|30</Type>
        <DetectorThickness>0.45</DetectorThickness>
        <DetLayers>{layers}</DetLayers>
        <WindowType>slew AP3.3</WindowType>
      </ClassInstance>
      <ClassInstance Type="TRTESMAHeader">
        <PrimaryEnergy>{kilovolts:g}</PrimaryEnergy>
        <ElevationAngle>37</ElevationAngle>
        <AzimutAngle>45</AzimutAngle>
        <Magnification>{magnification:g}</Magnification>
        <WorkingDistance>{working_distance_mm:g}</WorkingDistance>
        <Comment>{comment}</Comment>
        <User>{operator}</User>
      </ClassInstance>
    </TRTHeaderedClass>
    <ClassInstance Type="TRTSpectrumHeader">
      <Date>{at:%d.%m.%Y}</Date>
      <Time>{at:%H:%M:%S}</Time>
      <ChannelCount>{channels}</ChannelCount>
      <CalibAbs>{start_kev:g}</CalibAbs>
      <CalibLin>{step_kev:g}</CalibLin>
      <SigmaAbs>4.2E-4</SigmaAbs>
      <SigmaLin>4.9E-4</SigmaLin>
    </ClassInstance>
    <Channels>{counts}</Channels>
  </ClassInstance>
</TRTSpectrum>
"""


def write_spx(path: Path, shot: Shot) -> None:
    text = TEMPLATE.format(
        name=quoteattr(f"{shot.sample} {shot.number:03d}"),
        layers=base64.b64encode(zlib.compress(LAYERS.encode())).decode(),
        kilovolts=shot.voltage_v / 1e3,
        magnification=shot.magnification,
        working_distance_mm=shot.working_distance_m * 1e3,
        comment=escape(shot.comment),
        operator=escape(shot.operator),
        at=shot.at,
        channels=shot.data.size,
        start_kev=shot.energy_start_ev / 1e3,
        step_kev=shot.energy_step_ev / 1e3,
        counts=",".join(str(count) for count in shot.data.tolist()),
    )
    path.write_text(text, encoding="cp1252", newline="")
