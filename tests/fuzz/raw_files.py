"""The raw files of a small sound dataset of each kind, and its definition."""

import hashlib
import io
import json
import pickle
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from scipy.io import savemat
from tiny_dialogs import lines, long_talk

SPLITS = ("train", "valid", "test")
TEXTS = {split: f"a small {split} sentence\nand one more of six words\n" * 4 for split in SPLITS}
Files = dict[str, bytes]


def corpus() -> tuple[dict[str, Any], Files]:
    """Own text files."""
    return {split: split for split in SPLITS}, {split: TEXTS[split].encode() for split in SPLITS}


def labelled() -> tuple[dict[str, Any], Files]:
    """Text with a label before each sentence."""
    text = "".join(
        f"{number % 3}\t{line}\n" for number, line in enumerate(TEXTS["train"].splitlines())
    )
    splits = {split: f"{split}.txt" for split in SPLITS}
    return {"kind": "files", "labelled": True, "splits": splits}, dict.fromkeys(
        splits.values(), text.encode()
    )


def zipped() -> tuple[dict[str, Any], Files]:
    """Text in a zip archive."""
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", zipfile.ZIP_DEFLATED) as file:
        for split, text in TEXTS.items():
            file.writestr(f"{split}.txt", text)
    return _members("all.zip"), {"all.zip": memory.getvalue()}


def tarred() -> tuple[dict[str, Any], Files]:
    """Text in a compressed tar archive."""
    memory = io.BytesIO()
    with tarfile.open(fileobj=memory, mode="w:gz") as file:
        for split, text in TEXTS.items():
            info = tarfile.TarInfo(f"{split}.txt")
            info.size = len(text)
            file.addfile(info, io.BytesIO(text.encode()))
    return _members("all.tar.gz"), {"all.tar.gz": memory.getvalue()}


def token_ids() -> tuple[dict[str, Any], Files]:
    """A pickle of ids, labels and words."""
    words = ["<pad>", "<go>", "<eos>", "<unk>", "good", "bad", "food"]
    ids = [[[5, 6, 2], [5, 2], [4, 2], [4, 6, 2]]] * 3
    tables = {word: number for number, word in enumerate(words)}, dict(enumerate(words))
    return {"kind": "token_ids"}, {"a.p": pickle.dumps((*ids, *[[0, 0, 1, 1]] * 3, *tables), 2)}


def dialogs() -> tuple[dict[str, Any], Files]:
    """Dialogs as JSON lines, with word vectors and references in files."""
    text = lines([long_talk(number, topic=f"t{number % 2}") for number in (3, 4, 6)]).encode()
    references = json.dumps([{"context": ["word4"], "responses": ["word3", "word1 word2"]}])
    vectors = "".join(f"word{number} {number} 0.5 -1\n" for number in range(6))
    definition = {
        "kind": "dialog_corpus",
        **{split: split for split in SPLITS},
        "vectors": {"kind": "glove", "file": "vectors"},
        "references": {"kind": "file", "file": "references"},
    }
    others = {"vectors": vectors.encode(), "references": references.encode()}
    return definition, {**dict.fromkeys(SPLITS, text), **others}


def tenses() -> tuple[dict[str, Any], Files]:
    """Verbs in four tenses and conversions."""
    verbs = b"go goes going went\nsee sees seeing saw\ndo does doing did\nask asks asking asked\n"
    definition = {
        "kind": "tense_corpus",
        **{split: split for split in ("train", "test")},
        "conversions": [["sp", "p"], ["sp", "pg"]],
    }
    return definition, {"train": verbs, "test": b"go went\nask asking\n"}


def chardata() -> tuple[dict[str, Any], Files]:
    """Images as a MATLAB file."""
    memory, grey = io.BytesIO(), np.random.default_rng(0).random((784, 12))
    savemat(memory, {"data": grey, "testdata": grey}, do_compression=True)
    return {"kind": "chardata", "validation": 3}, {"chardata.mat": memory.getvalue()}


def omniglot() -> tuple[dict[str, Any], Files]:
    """Drawings in a zip archive."""
    drawing, memory = io.BytesIO(), io.BytesIO()
    Image.new("1", (105, 105), 1).save(drawing, "png")
    with zipfile.ZipFile(memory, "w") as file:
        for drawer in range(1, 21):
            file.writestr(f"set/Greek/character01/0001_{drawer:02}.png", drawing.getvalue())
    return {"kind": "omniglot", "validation": 3}, {"images.zip": memory.getvalue()}


KINDS = {
    make.__name__: make
    for make in (corpus, labelled, zipped, tarred, token_ids, dialogs, tenses, chardata, omniglot)
}  # fmt: skip


def laid_out(
    folder: Path, definition: dict[str, Any], files: Files
) -> tuple[dict[str, Any], dict[str, Path]]:
    """Write the files; return the definition with their places or sums, and their paths."""
    for name, content in files.items():
        (folder / name).write_bytes(content)
    kind = definition.get("kind", "corpus")
    if kind in ("corpus", "dialog_corpus", "tense_corpus"):
        own = {key: str(folder / value) for key, value in definition.items() if value in SPLITS}
        for key in {"vectors", "references"} & definition.keys():
            own[key] = {**definition[key], "file": str(folder / key)}
        return {**definition, **own}, {}
    entries = {
        name: {"sha256": hashlib.sha256(content).hexdigest(), "unpacked_size": 10**6}
        for name, content in files.items()
    }
    return {**definition, "files": entries}, {name: folder / name for name in files}


def _members(archive: str) -> dict[str, Any]:
    return {"kind": "files", "splits": {split: f"{archive}/{split}.txt" for split in SPLITS}}
