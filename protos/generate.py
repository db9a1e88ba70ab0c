"""Generates protos/python from protos/dramatis: `python protos/generate.py [FOLDER]`.

The pinned grpcio-tools is the oldest whose output is promised to import, so that integrators may
keep an older protobuf than ours. Needs grpcio-tools and mypy-protobuf, no network.
"""

import sys
from pathlib import Path

import grpc_tools
from grpc_tools import protoc

PROTOS = Path(__file__).parent


def generate(folder: Path) -> None:
    """Writes modules and type stubs of every proto under `folder`, by package.

    Raises:
        SystemExit: protoc refused; it has said why on stderr.
    """
    includes = [PROTOS, Path(grpc_tools.__file__).parent / "_proto"]
    sources = sorted((PROTOS / "dramatis").rglob("*.proto"))
    services = [path for path in sources if "\nservice " in path.read_text()]
    run(includes, [f"--python_out={folder}", f"--mypy_out=quiet:{folder}"], sources)
    run(includes, [f"--grpc_python_out={folder}", f"--mypy_grpc_out=quiet:{folder}"], services)


def run(includes: list[Path], outputs: list[str], sources: list[Path]) -> None:
    """Runs protoc once; exits with its code where it fails."""
    flags = [f"-I{path}" for path in includes]
    if code := protoc.main(["protoc", *flags, *outputs, *map(str, sources)]):
        raise SystemExit(code)


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else PROTOS / "python"
    target.mkdir(parents=True, exist_ok=True)
    generate(target)
