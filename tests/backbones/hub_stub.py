"""A model hub on the loopback address: serves files the way ``huggingface_hub`` asks for them."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from huggingface_hub import constants

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@dataclass
class HubStub:
    """``files`` maps ``organisation/model`` to its files, ``licences`` to what its card states.

    The other fields make it misbehave: ``cut_off`` sends half of what was asked for, ``cuts`` times at most; ``busy``
    answers 429; ``slow`` waits so many seconds before it answers.
    """

    files: dict[str, dict[str, bytes]]
    gated: frozenset[str] = frozenset()
    private: frozenset[str] = frozenset()
    broken: bool = False
    wrong_hash: bool = False
    cut_off: bool = False
    cuts: int = 1_000_000
    busy: bool = False
    slow: float = 0.0
    licences: dict[str, str] = field(default_factory=dict)
    endpoint: str = ""
    requests: list[str] = field(default_factory=list)
    ranges: list[str] = field(default_factory=list)


def point_to(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What ``HF_ENDPOINT`` does when ``huggingface_hub`` is first imported."""
    monkeypatch.setattr(constants, "ENDPOINT", endpoint)
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", endpoint + "/{repo_id}/resolve/{revision}/{filename}")


@contextmanager
def serving(stub: HubStub) -> Iterator[HubStub]:
    """Run the stub on a free port of 127.0.0.1 for the length of the block."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_HEAD(self) -> None:
            self._answer(with_body=False)

        def do_GET(self) -> None:
            self._answer(with_body=True)

        def log_message(self, format: str, *args: object) -> None:
            if "/resolve/" in self.path:  # the client library also asks for things of its own
                stub.requests.append(self.requestline)

        def _answer(self, *, with_body: bool) -> None:
            # /organisation/model/resolve/revision/path
            parts = self.path.split("?")[0].strip("/").split("/")
            repo, verb, revision, file = "/".join(parts[:2]), parts[2:3], parts[3:4], "/".join(parts[4:])
            if stub.slow:
                threading.Event().wait(stub.slow)  # tests have the client sleep no time at all
            if stub.broken:
                return self._refuse(503, "")
            if stub.busy:
                return self._refuse(429, "")
            if self.path.startswith("/api/models/"):
                return self._tell("/".join(parts[2:4]))
            if verb != ["resolve"]:
                return self._refuse(404, "")
            if repo in stub.gated:
                return self._refuse(403, "GatedRepo")
            if repo in stub.private:
                return self._refuse(401, "RepoNotFound")
            if repo not in stub.files:
                return self._refuse(404, "RepoNotFound")
            if revision not in (["main"], [COMMIT]):
                return self._refuse(404, "RevisionNotFound")
            if file not in stub.files[repo]:
                return self._refuse(404, "EntryNotFound")
            return self._serve(stub.files[repo][file], with_body=with_body)

        def _tell(self, repo: str) -> None:
            if repo not in stub.files:
                return self._refuse(404, "RepoNotFound")
            card = {"license": stub.licences[repo]} if repo in stub.licences else {}
            content = json.dumps({"id": repo, "modelId": repo, "sha": COMMIT, "cardData": card}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)
            return None

        def _serve(self, content: bytes, *, with_body: bool) -> None:
            digest = hashlib.sha256(content + (b"!" if stub.wrong_hash else b"")).hexdigest()
            asked = self.headers.get("Range")
            first = int(asked.removeprefix("bytes=").split("-")[0]) if asked and with_body else 0
            self.send_response(206 if first else 200)
            if first:
                stub.ranges.append(str(asked))
                self.send_header("Content-Range", f"bytes {first}-{len(content) - 1}/{len(content)}")
            self.send_header("X-Repo-Commit", COMMIT)
            self.send_header("ETag", f'"{digest}"')
            self.send_header("Content-Length", str(len(content) - first))
            self.send_header("Connection", "close")
            self.end_headers()
            if with_body:
                rest = content[first:]
                if stub.cut_off and stub.cuts > 0:
                    stub.cuts -= 1
                    rest = rest[: len(rest) // 2]
                self.wfile.write(rest)
            self.close_connection = True

        def _refuse(self, status: int, code: str) -> None:
            self.send_response(status)
            if code:
                self.send_header("X-Error-Code", code)
                self.send_header("X-Error-Message", code)
            self.send_header("Content-Length", "0")
            self.end_headers()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    stub.endpoint = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield stub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
