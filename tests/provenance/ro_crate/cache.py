"""Fills the cache of roc-validator, so that it works without a network: cache.py CACHE.

Run by the validator's own Python.
"""

import sys
from io import BytesIO
from pathlib import Path

from requests.adapters import HTTPAdapter
from requests_cache import CachedSession
from urllib3 import HTTPResponse

CONTEXTS = {"https://w3id.org/ro/crate/1.1/context": Path(__file__).parent / "context-1.1.jsonld"}


class FromFile(HTTPAdapter):
    """Answers with the text of a file instead of asking the network."""

    def send(self, request, **options):
        body = BytesIO(CONTEXTS[request.url].read_bytes())
        headers = {"Content-Type": "application/ld+json"}
        answer = HTTPResponse(body, headers, 200, preload_content=False, request_url=request.url)
        return self.build_response(request, answer)


if __name__ == "__main__":
    session = CachedSession(cache_name=sys.argv[1], backend="sqlite", expire_after=-1)
    session.mount("https://", FromFile())
    for url in CONTEXTS:
        session.get(url).raise_for_status()
