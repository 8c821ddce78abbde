"""Pictures: decoded once and cached, then windowed, mirrored and batched as tensors.

A picture is [height][width][3]; a batch goes to the network as [images][3][height][width] in channels-last memory,
which is the same bytes.
"""

import hashlib
import io
import os
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
import torch
from PIL import Image
from torch import Tensor

SPLITS = {"train": "train", "test": "test", "val": "test"}
EXTENSIONS = {".jpg", ".jpeg", ".png"}


class DataError(ValueError):
    """Data that cannot be read; the text names the file."""


@dataclass(frozen=True)
class Split:
    pictures: Tensor  # [count][height][width][3], bf16, normalised
    labels: Tensor  # [count], int64


@dataclass(frozen=True)
class Dataset:
    classes: int
    train: Split
    test: Split


@dataclass(frozen=True)
class View:
    """A view of test-time augmentation: the picture shifted down and right, then mirrored from left to right."""

    mirrored: bool
    shift: int
    weight: float


PLAIN = [View(False, 0, 1.0)]
SIX = [View(mirrored, shift, 0.125 if shift else 0.25) for shift in (0, -1, 1) for mirrored in (False, True)]


def load(archive: Path, cache: Path) -> Dataset:
    """Reads a tar archive of an image folder: train/CLASS/*.jpg and test/CLASS/*.jpg, all of one size.

    The decoded bytes are kept in the folder `cache`. Pictures are in the order of their classes and paths. Both splits
    are normalised by the mean and deviation of each channel over the training split.
    """
    with archive.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    cached = cache / f"{digest[:32]}.npz"
    if not cached.exists():
        _save(cached, _decode(archive))
    with np.load(cached) as arrays:
        bytes_of = {name: torch.from_numpy(arrays[name]) for name in arrays.files}
    mean, deviation = _moments(bytes_of["train_pictures"])

    def split(name: str) -> Split:
        pictures = bytes_of[f"{name}_pictures"].float().div_(255).sub_(mean).div_(deviation)
        return Split(pictures.bfloat16(), bytes_of[f"{name}_labels"])

    return Dataset(int(bytes_of["train_labels"].max()) + 1, split("train"), split("test"))


class TrainingLoader:
    """Augmented batches: a random order, random windows of the reflect-padded pictures, alternating flips."""

    def __init__(self, split: Split, pad: int, seed: int) -> None:
        self._split = split
        self._pad = pad
        self._random = torch.Generator().manual_seed(seed)
        self._first_flip = torch.randint(2, split.labels.shape, generator=self._random).bool()

    def epoch(self, epoch: int, batch: int) -> Iterator[tuple[Tensor, Tensor]]:
        """The whole batches of an epoch, each with its labels."""
        order = torch.randperm(len(self._split.labels), generator=self._random)
        for first in range(0, len(order) - batch + 1, batch):
            chosen = order[first : first + batch]
            top, left = torch.randint(-self._pad, self._pad + 1, (2, batch), generator=self._random)
            mirrored = self._first_flip[chosen] ^ bool(epoch % 2)
            yield windows(self._split.pictures, chosen, top, left, mirrored), self._split.labels[chosen]


def view_batches(split: Split, view: View, batch: int) -> Iterator[Tensor]:
    """All pictures of a split under one view, in order."""
    for chosen in torch.arange(len(split.labels)).split(batch):
        offset = torch.full(chosen.shape, -view.shift)
        yield windows(split.pictures, chosen, offset, offset, torch.full(chosen.shape, view.mirrored))


def windows(pictures: Tensor, chosen: Tensor, top: Tensor, left: Tensor, mirrored: Tensor) -> Tensor:
    """out(y, x) = picture(y + top, x + left), borders reflected, mirrored from left to right afterwards."""
    _, height, width, channels = pictures.shape
    rows = _reflect(torch.arange(height) + top[:, None], height)
    x = torch.arange(width)
    columns = _reflect(torch.where(mirrored[:, None], x.flip(0), x) + left[:, None], width)
    pixels = ((chosen[:, None] * height + rows) * width)[:, :, None] + columns[:, None, :]
    gathered = pictures.view(-1, channels).index_select(0, pixels.flatten())
    return gathered.view(len(chosen), height, width, channels).permute(0, 3, 1, 2)


def _reflect(index: Tensor, size: int) -> Tensor:
    folded = index.abs()
    return torch.minimum(folded, 2 * (size - 1) - folded)


def _moments(pictures: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation of each channel's values in [0, 1], exact by way of a histogram."""
    counts = torch.stack([torch.bincount(channel.flatten(), minlength=256) for channel in pictures.unbind(-1)])
    share = counts.double() / counts.sum(1, keepdim=True)
    values = torch.arange(256, dtype=torch.double) / 255
    mean = share @ values
    deviation = (share * (values - mean[:, None]).square()).sum(1).sqrt()
    return mean.float(), deviation.float()


def _decode(archive: Path) -> dict[str, np.ndarray]:
    """Arrays of bytes and labels: {train,test}_pictures, {train,test}_labels."""
    found: dict[str, list[tuple[str, str, np.ndarray]]] = {"train": [], "test": []}
    with tarfile.open(archive) as tar:
        for member in tar:
            parts = PurePosixPath(member.name).parts
            depth = next((depth for depth, part in enumerate(parts[:-2]) if part in SPLITS), None)
            if depth is None or not member.isfile() or PurePosixPath(parts[-1]).suffix.lower() not in EXTENSIONS:
                continue
            with Image.open(io.BytesIO(tar.extractfile(member).read())) as picture:
                found[SPLITS[parts[depth]]].append((parts[depth + 1], member.name, np.asarray(picture.convert("RGB"))))
    class_names = sorted({class_name for class_name, _, _ in found["train"]})
    arrays = {}
    for name, pictures in found.items():
        if not pictures:
            raise DataError(f"{archive}: has no {name}/CLASS/*.jpg; the PyTorch peer reads image folders only")
        if len({picture.shape for _, _, picture in pictures}) > 1:
            raise DataError(f"{archive}: the pictures in {name}/ differ in size; the PyTorch peer does not resize")
        pictures.sort(key=lambda item: item[:2])
        arrays[f"{name}_pictures"] = np.stack([picture for _, _, picture in pictures])
        arrays[f"{name}_labels"] = np.array([class_names.index(class_name) for class_name, _, _ in pictures])
    return arrays


def _save(path: Path, arrays: dict[str, np.ndarray]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(f".{os.getpid()}.tmp")
    with unfinished.open("wb") as file:
        np.savez(file, **arrays)
    unfinished.replace(path)
