"""Clouds of points in PCD files.

header.py    what the header says, checked before anything is read
points.py    the points as arrays, lazily, in each of the three encodings
reading.py   the extractor, and the cloud seen from above

An organised cloud (of more than one row) is a camera's: each field is an image. Of any other each field is a signal
over its points, since fields differ in type and meaning. The format knows no units, so none are claimed.
"""

from lims.extractors.pointcloud.reading import PointClouds

extractor = PointClouds()
