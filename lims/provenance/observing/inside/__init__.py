"""What runs inside the observed program: the standard library only, for its Python may hold no jupyter-lims.

These files are sent as text, see `source` in the package above, and may run in an older Python than ours.

observer.py   install(config): the one thing to call
scope.py      which paths matter: below a root, in no hidden folder, in nobody's site-packages
recorder.py   what was read and written, once each, with checksums, as lines of the journal
gate.py       every opened file passes here: refused, redirected, recorded
audit.py      what Python opens itself (audit events)
loading.py    a library is wrapped when it gets imported
hdf5.py, arrow.py, duck.py, sqlite.py, through.py   libraries that open files in C
overlay.py, redirect.py      for replays: what is written goes elsewhere
"""
