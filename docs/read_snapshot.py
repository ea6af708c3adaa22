"""Prints a snapshot: python3 read_snapshot.py .checkpoints/<function>/<identity>/<number>.snap
Needs cbor2, zstandard and numpy, and lz4 where that compresses. The format is described in format.md; hashes are not checked here."""
import functools, importlib, pathlib, sys
import cbor2, numpy, zstandard

DTYPES = {64: "u1", 69: "<u2", 70: "<u4", 71: "<u8", 72: "i1", 77: "<i2", 78: "<i4", 79: "<i8", 85: "<f4", 86: "<f8"}
unlz4 = lambda data, size: importlib.import_module("lz4.block").decompress(data, size)  # imported where it is needed

def typed_array(*arguments):  # cbor2 up to 5 passes (decoder, tag), from 6 on (tag, immutable)
    tag, is_key = arguments if isinstance(arguments[0], cbor2.CBORTag) else (arguments[1], arguments[0].immutable)
    numbers = numpy.frombuffer(tag.value, DTYPES[tag.tag]) if tag.tag in DTYPES else tag
    return tuple(numbers.tolist()) if is_key and numbers is not tag else numbers  # a key of a map must be hashable

def unpack(stored, length, method, width):
    unzip = (lambda data, size: data, unlz4, zstandard.ZstdDecompressor().decompress)[method]
    if width == 1: return unzip(stored, length)
    rows, plain = length // width, [p for p in range(width) if not stored[0] >> p & 1]
    rest = 1 + len(plain) * rows + length % width
    planes = stored[1 : 1 + len(plain) * rows] + unzip(stored[rest:], (width - len(plain)) * rows)
    order = plain + [p for p in range(width) if p not in plain]
    planes = numpy.frombuffer(planes, "u1").reshape(width, rows)[numpy.argsort(order)]
    return planes.T.tobytes() + stored[rest - length % width : rest]

def snapshot(path):
    load = functools.cache(lambda number: (path.parent / f"{number:08}.snap" if number else path).read_bytes())
    data = load(0)
    assert data[:10] == b"\x89RSM\r\n\x1a\n\x01\x00" and data[-8:] == b"\x89RSMend\n", "not a whole snapshot of version 1"
    size = int.from_bytes(data[-56:-48], "little")
    table, values = cbor2.loads(data[-56 - size : -56], tag_hook=typed_array), {}
    for stream in table["streams"]:
        if (value := stream["content"].get("inline")) is None:
            keys = ("objects", "offsets", "stored", "lengths", "methods", "widths")
            lists = zip(*(map(int, stream["content"]["blocks"][key]) for key in keys))
            value = b"".join(unpack(load(o)[at : at + n], length, m, w) for o, at, n, length, m, w in lists)
        values[stream["name"]] = cbor2.loads(value, tag_hook=typed_array)
    return table["snapshot"], values

if __name__ == "__main__":
    about, values = snapshot(pathlib.Path(sys.argv[1]))
    print(f"{about['function']}({about['arguments']}) at `{about['site']}`", *map("{0[0]}: {0[1]!r}".format, values.items()), sep="\n")
