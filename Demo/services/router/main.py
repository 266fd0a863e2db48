"""The router: the only service with a published port. Forwards to the API and, where there is one, the AI proxy."""

import os
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import demo

CERTIFICATE = "/etc/pawl-demo/certs/demo.pem"
# Compose gives the services these names.
API = os.environ.get("API_URL", "http://api:8080")
AI_PROXY = os.environ.get("AI_PROXY_URL", "http://aiproxy:8080")


def forward(base):
    def answer(handler):
        length = int(handler.headers.get("Content-Length") or 0)
        request = Request(base + handler.path, data=handler.rfile.read(length) or None, method=handler.command)
        try:
            with urlopen(request, timeout=10) as response:
                return response.status, response.read()
        except HTTPError as error:
            return error.code, error.read()
        except URLError as error:
            return 502, {"error": f"{base}: {error.reason}"}

    return answer


def certificate(handler):
    with open(CERTIFICATE, "rb") as file:
        return 200, file.read()


demo.serve(
    {
        "/health": forward(API),
        "/api/": forward(API),
        "/ai/": forward(AI_PROXY),
        "/certificate": certificate,
        "/router/health": lambda handler: (200, {"status": "ok", "version": demo.VERSION}),
    }
)
