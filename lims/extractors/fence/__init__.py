"""What the thread of a child that reads a file may see: its dataset, the libraries and a scratch folder of its own.

A file can name others: HDF5 has links and storage elsewhere, an EMPAD sheet the path of its data, and more formats may.
Whoever may hand in a file would so read whatever the service can. Hence:

environment.py   what the child knows of its parent's environment
grounds.py       what may be opened, as folders and files
enclose.py       the thread closes the fence behind itself, once, before the first byte of the file
landlock.py      the line that the kernel keeps, for every library (Linux)
audit.py         the line that the interpreter keeps, for what Python opens (everywhere); it says what was refused
hdf5.py          what HDF5 would open by itself, looked at before any reader opens the file (everywhere)
"""
