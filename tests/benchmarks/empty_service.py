"""More for the laptop's Hub, for the benchmark only: in the LIMS's place a service that does nothing but answer 200."""

import json
import os
import sys
from pathlib import Path

c = get_config()  # noqa: F821  (given by traitlets)
up = json.loads(Path(os.environ["LIMS_UP"]).read_text())
ANSWER = """
import http.server
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()
    def log_message(self, *words):
        pass
http.server.HTTPServer(("127.0.0.1", PORT), Answer).serve_forever()
"""
c.JupyterHub.services = [
    {
        "name": "lims",
        "url": f"http://127.0.0.1:{up['service_port']}",
        "command": [sys.executable, "-c", ANSWER.replace("PORT", str(up["service_port"]))],
    }
]
