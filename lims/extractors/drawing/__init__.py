"""From a frame of numbers to a picture that people recognise, with Pillow alone."""
