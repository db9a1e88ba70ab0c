"""Generates protos/python from protos/dramatis: `python protos/generate.py [FOLDER]`.

The pinned grpcio-tools is the oldest whose output is promised to import, so that integrators may
keep an older protobuf than ours. Needs grpcio-tools and mypy-protobuf, no network.

The rules of protovalidate in the protos stay in the generated descriptors, as options that only
protovalidate reads; the file that declares them is not imported, so that nobody who imports the
contract loads it or meets another version of it.
"""

import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

import grpc_tools
from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    FileDescriptorProto,
    FileDescriptorSet,
)
from grpc_tools import protoc

PROTOS = Path(__file__).parent
RULES = "buf/validate/validate.proto"


def generate(folder: Path) -> None:
    """Writes modules and type stubs of every proto under `folder`, by package.

    Raises:
        SystemExit: protoc refused; it has said why on stderr.
    """
    paths = sorted((PROTOS / "dramatis").rglob("*.proto"))
    sources = [str(path.relative_to(PROTOS)) for path in paths]
    services = [name for name in sources if "\nservice " in (PROTOS / name).read_text()]
    with tempfile.TemporaryDirectory() as scratch:
        known = f"--descriptor_set_in={_described(sources, Path(scratch) / 'contract.binpb')}"
        run([known, f"--python_out={folder}", f"--mypy_out=quiet:{folder}"], sources)
        run([known, f"--grpc_python_out={folder}", f"--mypy_grpc_out=quiet:{folder}"], services)


def _described(sources: list[str], file: Path) -> Path:
    """The contract as a descriptor set, with comments, without the import of the rules' file."""
    includes = [f"-I{PROTOS}", f"-I{Path(grpc_tools.__file__).parent / '_proto'}"]
    flags = ["--include_imports", "--include_source_info", f"--descriptor_set_out={file}"]
    run([*includes, *flags], sources)
    described = FileDescriptorSet.FromString(file.read_bytes())
    kept = FileDescriptorSet(file=_without_rules(described.file))
    file.write_bytes(kept.SerializeToString())
    return file


def _without_rules(files: Iterable[FileDescriptorProto]) -> Iterable[FileDescriptorProto]:
    for file in files:
        if file.name == RULES:
            continue
        imported = [name for name in file.dependency if name != RULES]
        del file.dependency[:]
        file.dependency.extend(imported)
        _plain(file.message_type)
        yield file


def _plain(messages: Iterable[DescriptorProto]) -> None:
    """Takes out the names in JSON that protoc spells out only in descriptor sets."""
    for message in messages:
        for field in message.field:
            field.ClearField("json_name")
        _plain(message.nested_type)


def run(flags: list[str], sources: list[str]) -> None:
    """Runs protoc once; exits with its code where it fails."""
    if code := protoc.main(["protoc", *flags, *sources]):
        raise SystemExit(code)


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else PROTOS / "python"
    target.mkdir(parents=True, exist_ok=True)
    generate(target)
