"""The key by which a client marks one write, so that asking again does not write again."""


class RequestKey(str):
    """about: what the write is, as a checksum of the operation and its arguments; "" where nobody said."""

    about: str

    def __new__(cls, key: str, about: str = "") -> "RequestKey":
        made = super().__new__(cls, key)
        made.about = about
        return made
