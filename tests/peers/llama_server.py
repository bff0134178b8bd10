"""llama.cpp's own server, built from the source in llama-cpp-python's sdist (PyPI), with a tiny random model.

The model is noise: it proves protocol, schema, batching and errors, never quality. The build takes about 8 minutes of
two cores; needed are a C++ compiler, cmake and ninja or make (Debian: apt-get install g++ cmake ninja-build).
"""

from __future__ import annotations

import subprocess
import sys
import tarfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import httpx

from evosense.stack.ports import choose
from tests.peers.cache import FOLDER, fresh, run
from tests.peers.tiny_model import write_tiny_model

RELEASE = "0.3.36"
_NAME = f"llama-{RELEASE}"
_OPTIONS = (
    "CMAKE_BUILD_TYPE=Release", "GGML_NATIVE=OFF", "BUILD_SHARED_LIBS=OFF", "LLAMA_CURL=OFF", "LLAMA_OPENSSL=OFF",
    "LLAMA_BUILD_TESTS=OFF", "LLAMA_BUILD_EXAMPLES=OFF", "LLAMA_BUILD_SERVER=ON", "LLAMA_BUILD_TOOLS=ON",
    "LLAMA_BUILD_UI=OFF", "LLAMA_BUILD_WEBUI=OFF",
)  # fmt: skip
_PATIENCE_SECONDS = 60.0


def built() -> Path:
    """The folder with `llama-server` and `tiny.gguf`, built unless it is there."""
    folder = Path(FOLDER).resolve() / _NAME
    if not folder.is_dir():
        with fresh(_NAME) as work:
            _build(work)
    return folder


def _build(work: Path) -> None:
    pip = (sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", "llama-cpp-python")
    run((*pip, f"llama-cpp-python=={RELEASE}"), cwd=work)
    [archive] = work.glob("*.tar.gz")
    with tarfile.open(archive) as sdist:
        sdist.extractall(work, filter="data")
    archive.unlink()
    source = work / f"llama_cpp_python-{RELEASE}" / "vendor" / "llama.cpp"
    run(("cmake", "-S", source, "-B", "build", *(f"-D{option}" for option in _OPTIONS)), cwd=work)
    run(("cmake", "--build", "build", "--target", "llama-server", "--parallel", "2"), cwd=work)
    (work / "build" / "bin" / "llama-server").rename(work / "llama-server")
    write_tiny_model(source / "gguf-py", work / "tiny.gguf")


@contextmanager
def llama_server(*arguments: str) -> Generator[str]:
    """A running server; answers its address."""
    folder = built()
    port = choose(0)
    command = [folder / "llama-server", "-m", folder / "tiny.gguf", "--alias", "tiny", "--host", "127.0.0.1"]
    command += ["--port", str(port), "-c", "16384", "-np", "2", "-t", "2", "--no-jinja", *arguments]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        url = f"http://127.0.0.1:{port}"
        try:
            _wait(f"{url}/health", process)
            yield url
        finally:
            process.terminate()
            process.wait(30)


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(url).status_code == httpx.codes.OK:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    message = f"llama-server did not start (exit status {process.poll()})"
    raise AssertionError(message)
