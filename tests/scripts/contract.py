"""The contract as Python sees it, made from the .proto files by protoc."""

import functools
import pathlib
import subprocess
import tempfile
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory

ROOT = pathlib.Path(__file__).resolve().parents[2]


@functools.cache
def files() -> descriptor_pb2.FileDescriptorSet:
    protos = sorted((ROOT / "proto/klantbeeld/v1").glob("*.proto"))
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder, "set.binpb")
        subprocess.run(
            ["protoc", f"-I{ROOT / 'proto'}", f"--descriptor_set_out={out}", "--include_imports",
             "--include_source_info", *map(str, protos)], check=True)
        return descriptor_pb2.FileDescriptorSet.FromString(out.read_bytes())


@functools.cache
def pool() -> descriptor_pool.DescriptorPool:
    out = descriptor_pool.DescriptorPool()
    for file in files().file:
        out.Add(file)
    return out


@functools.cache
def message(name: str) -> Any:
    """The class of a message of klantbeeld.v1."""
    descriptor = pool().FindMessageTypeByName(f"klantbeeld.v1.{name}")
    return message_factory.MessageFactory(pool()).GetPrototype(descriptor)


def event(line: str) -> Any:
    """A ContactEvent from a line of JSON; fails on a field that does not exist."""
    return json_format.Parse(line, message("ContactEvent")())
