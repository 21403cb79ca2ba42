"""The service of one facility: the operations over HTTP, for the Hub and for local tools.

app.py        everything put together as one ASGI application
routes.py     a route for each operation, its arguments and answer taken from the function's signature
answers.py    things as JSON, bytes as files with ranges
identity.py   the doors: the Hub says who a token is, the operating system who is at the socket
uploads.py    files on their way in
errors.py     the only place that knows HTTP's numbers
serve.py      the process: sockets, the harvest beside it, start and stop
keep.py       starts the service again when it ends by itself; what the Hub of `lims up` manages
one_user.py   what keeps the Hub of one person's computer to that person
openapi.py    the API's description, from which the TypeScript types are made
"""
