"""Whether the documents hold together: links lead somewhere, files that comments name exist, README is short."""

import re
import tempfile
import unittest
from collections.abc import Iterator
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2]
README_BYTES = 8192
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`[^`\n]*`")
LINK = re.compile(r"\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ +(.*?)\s*$", re.MULTILINE)
NAMED_DOCUMENT = re.compile(r"(?<![\w/])docs/[\w./-]*\w")
# What builds and runs leave in a work tree.
LEFT_OVER = re.compile(r"build.*|runs|__pycache__|\..*")
FOLDERS_WITH_COMMENTS = ["bench", "cmake", "recipes", "scripts", "src"]


def files(root: Path) -> Iterator[Path]:
    for path in sorted(root.iterdir()):
        if LEFT_OVER.fullmatch(path.name):
            continue
        if path.is_dir():
            yield from files(path)
        else:
            yield path


def anchor(heading: str) -> str:
    """The name that GitHub gives a heading."""
    kept = re.sub(r"[^\w\- ]", "", LINK.sub("]", heading).lower())
    return kept.replace(" ", "-")


def anchors(document: Path) -> set[str]:
    text = FENCE.sub("", document.read_text(encoding="utf-8"))
    return {anchor(heading) for heading in HEADING.findall(text)}


def is_broken(document: Path, link: str) -> bool:
    path, _, name = link.partition("#")
    target = document.parent / path if path else document
    if not target.exists():
        return True
    return bool(name) and target.suffix == ".md" and name not in anchors(target)


def broken_links(root: Path) -> list[str]:
    broken = []
    for document in files(root):
        if document.suffix != ".md":
            continue
        text = CODE.sub("", FENCE.sub("", document.read_text(encoding="utf-8")))
        links = [link for link in LINK.findall(text) if not re.match(r"[a-z]+:", link)]
        broken += [f"{document.relative_to(root)}: {link}" for link in links if is_broken(document, link)]
    return broken


def missing_documents(root: Path) -> list[str]:
    """Documents that comments in the source name, but that are not there."""
    missing = []
    for folder in FOLDERS_WITH_COMMENTS:
        for path in files(root / folder):
            named = NAMED_DOCUMENT.findall(path.read_text(encoding="utf-8", errors="ignore"))
            missing += [f"{path.relative_to(root)}: {name}" for name in named if not (root / name).exists()]
    return missing


class Documents(unittest.TestCase):
    def test_links_lead_somewhere(self) -> None:
        self.assertEqual(broken_links(SOURCE), [])

    def test_comments_name_documents_that_exist(self) -> None:
        self.assertEqual(missing_documents(SOURCE), [])

    def test_readme_is_a_front_door(self) -> None:
        self.assertLessEqual((SOURCE / "README.md").stat().st_size, README_BYTES)

    def test_every_notebook_entry_is_in_the_index(self) -> None:
        notebook = SOURCE / "docs" / "notebook"
        entries = {path.name for path in notebook.glob("*.md")} - {"README.md"}
        listed = LINK.findall((notebook / "README.md").read_text(encoding="utf-8"))
        self.assertEqual(sorted(entries), sorted(listed))


class Checker(unittest.TestCase):
    def test_finds_missing_files_and_headings(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            (root / "other.md").write_text("# 8-bit `int8` numbers\n")
            (root / "page.md").write_text(
                "[a](other.md) [b](other.md#8-bit-int8-numbers) [c](https://example.org/x) `[d](code.md)`\n"
                "![e](gone.png) [f](other.md#gone)\n```\n[g](fenced.md)\n```\n"
            )
            self.assertEqual(broken_links(root), ["page.md: gone.png", "page.md: other.md#gone"])


if __name__ == "__main__":
    unittest.main()
