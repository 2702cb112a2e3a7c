"""Five images as the official archive has them, and a server that may break off."""

from __future__ import annotations

import hashlib
import http.server
import pickle
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

NAMES = ("data_batch_1", "data_batch_2", "test_batch", "batches.meta")
CLASSES = ["airplane", "automobile", "bird"]
PIXELS = np.random.default_rng(0).integers(0, 256, (5, 3, 32, 32), dtype=np.uint8)  # two, two, and one to test
LABELS = [2, 0, 1, 2, 1]


class Old:
    """What numpy 2.4.0 to 2.4.4 does when it reads a pickle of 2009: it warns, which tests take for an error."""

    def __reduce__(self) -> tuple[object, ...]:
        return warnings.warn, ("dtype(): align should be passed as a boolean",)


def write_batches(folder: Path) -> None:
    folder.mkdir(parents=True)
    parts = [slice(0, 2), slice(2, 4), slice(4, 5)]
    for name, part in zip(NAMES, parts, strict=False):
        batch = {"data": PIXELS[part].reshape(-1, 3072), "labels": LABELS[part], "batch_label": Old()}
        (folder / name).write_bytes(pickle.dumps(batch, 2))
    (folder / NAMES[3]).write_bytes(pickle.dumps({"label_names": CLASSES}, 2))


def md5(path: Path) -> str:
    return hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()


class Answer(http.server.BaseHTTPRequestHandler):
    """Promises `body` and sends the first `sent` bytes of it; None: all."""

    body = b""
    sent: int | None = None

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body[: self.sent])

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def serving() -> Iterator[str]:
    """The address of a server that gives this answer to everything."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()
