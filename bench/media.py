"""Pictures and the index beside the field's reference: faiss, pdqhash and threatexchange.

One thread on both sides. `python -m bench media` runs everything up to 10 million codes and takes
some minutes and 12 GB. Besides the table it writes docs/img/bench-media.svg.
"""

from __future__ import annotations

import io
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bench import known, peer, show
from lindung.media import HammingIndex
from lindung.media.decode import hash_file, prepare

SIZES = (1_000_000, 10_000_000)
PICTURES = {"12 MP": (4000, 3000), "2 MP": (1600, 1200), "0.5 MP": (816, 612)}
SVG = Path(__file__).parent.parent / "docs/img/bench-media.svg"
Codes = NDArray[np.uint8]
Row = tuple[str, str, str, float, str]


def best(run: Callable[[], object], times: int = 5, window: float = 0) -> float:
    """Seconds of the fastest of some runs, and of all that begin within `window` seconds.

    What takes a millisecond needs a window: all of a few runs may meet a busy machine.
    """
    seconds: list[float] = []
    while len(seconds) < times or sum(seconds) < window:
        began = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - began)
    return min(seconds)


def fresh(run: Callable[[Codes], object], asked: Codes, size: int) -> float:
    """Seconds a query in the fastest batch, each batch asked once: no cache is warm for anyone."""
    batches = iter(asked[i : i + size] for i in range(0, len(asked), size))
    return best(lambda: run(next(batches)), len(asked) // size) / size


def landscape(width: int, height: int) -> bytes:
    """A benign JPEG with the grain of a photograph."""
    rng = np.random.default_rng(1)
    field = np.zeros((height, width, 3))
    for octave in range(1, 10):
        grain = rng.integers(0, 256, (2**octave + 1, 2**octave + 1, 3), dtype=np.uint8)
        smooth = Image.fromarray(grain).resize((width, height), Image.Resampling.BICUBIC)
        field += np.asarray(smooth, float) * 0.75**octave
    field += rng.normal(0, 8, field.shape)
    pixels = np.clip((field - field.min()) * (255 / np.ptp(field)), 0, 255).astype(np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=88)
    return buffer.getvalue()


def queries(codes: Codes, count: int) -> Codes:
    """Codes with 0 to 44 bits turned: some within the radius, some beyond it."""
    rng = np.random.default_rng(2)
    chosen = codes[rng.integers(0, len(codes), count)].copy()
    for row in chosen:
        flips = np.zeros(256, np.bool_)
        flips[rng.choice(256, rng.integers(0, 45), replace=False)] = True
        row ^= np.packbits(flips)
    return chosen


def decoding(rows: list[Row], folder: Path) -> None:
    """JPEG file to PDQ, in this process on both sides."""
    pdqhash = peer("pdqhash")
    for name, size in PICTURES.items():
        path = folder / f"{size[0]}.jpg"
        path.write_bytes(landscape(*size))
        ours = best(lambda path=path: hash_file(path, 10**9, 60), 3, 2)  # type: ignore[misc]
        if pdqhash is None:
            rows.append(
                (f"JPEG to PDQ, {name}", f"{ours * 1e3:.1f} ms", "not installed", 0, "pdqhash")
            )
            continue

        def theirs(path: Path = path) -> object:
            return pdqhash.compute(np.asarray(Image.open(path).convert("RGB")))

        their = best(theirs, 3, 2)
        figures = (f"{ours * 1e3:.1f} ms", f"{their * 1e3:.0f} ms")
        rows.append((f"JPEG to PDQ, {name}", *figures, their / ours, "pdqhash + Pillow"))


def searching(rows: list[Row], count: int, folder: Path, largest: bool) -> None:
    """Search, add one, open and picture to verdict at so many random codes, radius 31."""
    label = f"{count // 1_000_000} M"
    codes = np.random.default_rng(0).integers(0, 256, (count, 32), dtype=np.uint8)
    began = time.perf_counter()
    index = HammingIndex.build(codes, np.arange(count))
    built = time.perf_counter() - began
    asked = queries(codes, 16_000)  # some second for each side
    index.search(asked[:10])
    ours = fresh(index.search, asked, 200)
    rows.append((f"build {label}", f"{built:.0f} s", "", 0, f"{index.nbytes / count:.1f} B a hash"))

    faiss = peer("faiss")
    if faiss is None:
        rows.append((f"search {label}", f"{1 / ours:,.0f} a second", "not installed", 0, "faiss"))
        return
    faiss.omp_set_num_threads(1)
    few = asked[:40]
    flat = faiss.IndexBinaryFlat(256)
    flat.add(codes)
    limits, _, found = flat.range_search(few, 32)
    their = fresh(lambda some: flat.range_search(some, 32), few, 4)
    hits = index.search(few)
    exact = [set(found[limits[q] : limits[q + 1]].tolist()) for q in range(len(few))]
    mine = [set(hits.id[hits.query == q].tolist()) for q in range(len(few))]
    recall = "recall 1.000" if mine == exact else "NOT EXACT"
    figures = (f"{1 / ours:,.0f} a second", f"{1 / their:,.1f} a second")
    rows.append((f"search {label}", *figures, their / ours, f"faiss flat; {recall}"))

    began = time.perf_counter()
    multi = faiss.IndexBinaryMultiHash(256, 16, 16)
    multi.add(codes)
    rebuilt = time.perf_counter() - began
    multi.nflip = 1
    their = fresh(lambda some: multi.range_search(some, 32), few, 4)
    figures = (f"{1 / ours:,.0f} a second", f"{1 / their:,.1f} a second")
    rows.append((f"search {label}", *figures, their / ours, "faiss MultiHash(256, 16, 16)"))

    extra = iter(queries(codes, 100))
    added = best(lambda: index.add(next(extra)[np.newaxis], [count]), 20)
    figures = (f"{added * 1e6:.0f} us", f"{rebuilt:.0f} s")
    rows.append(
        (f"add one to {label}", *figures, rebuilt / added, "MultiHash is rebuilt, as in HMA")
    )

    index.save(folder / label)
    opened = best(lambda: HammingIndex.open(folder / label))
    rows.append((f"open {label}", f"{opened * 1e3:.1f} ms", "", 0, ""))
    if not largest:
        return
    hasher = peer("threatexchange.signal_type.pdq.pdq_hasher")
    path = folder / "4000.jpg"
    index = HammingIndex.open(folder / label)
    index.search(asked)
    verdict = best(lambda: index.search(hash_file(path, 10**9, 60).frames[0].codes), 3, 2)
    if hasher is not None:

        def theirs() -> object:
            code = np.frombuffer(bytes.fromhex(hasher.pdq_from_file(path)[0]), np.uint8)
            return multi.range_search(code[np.newaxis], 32)

        their = best(theirs, 3, 2)
        figures = (f"{verdict * 1e3:.1f} ms", f"{their * 1e3:.0f} ms")
        note = "threatexchange; ours asks all 8 turns"
        rows.append((f"12 MP picture to verdict at {label}", *figures, their / verdict, note))


def times(ratio: float) -> str:
    return f"{ratio:,.0f}" if ratio >= 20 else f"{ratio:.1f}"


def draw(rows: list[Row]) -> str:
    """The ratios as bars on a logarithmic scale."""
    shown = [row for row in rows if row[3]]
    step, left = 34, 330
    height = 60 + step * len(shown)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 900 {height}" '
        'font-family="sans-serif" font-size="13" role="img" '
        'aria-label="How many times faster than the named peer">',
        f'<rect width="900" height="{height}" fill="#fff"/>',
        '<text x="20" y="28" font-size="16">Times as fast as the named peer (one thread)</text>',
    ]
    longest = max((float(np.log10(row[3])) for row in shown), default=1.0)
    for number, (what, _, _, ratio, name) in enumerate(shown):
        y = 50 + step * number
        width = max(2.0, float(np.log10(max(ratio, 1.0))) / longest * 400)
        parts += [
            f'<text x="20" y="{y + 10}">{what}</text>',
            f'<text x="20" y="{y + 24}" font-size="11" fill="#555">{name}</text>',
            f'<rect x="{left}" y="{y}" width="{width:.0f}" height="18" fill="#0b6e6e"/>',
            f'<text x="{left + width + 8:.0f}" y="{y + 14}">{times(ratio)}</text>',
        ]
    return "\n".join([*parts, "</svg>\n"])


def main() -> None:
    """Run everything, print the table, write the picture."""
    prepare()
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as name:
        decoding(rows, Path(name))
        for size in SIZES:
            searching(rows, size, Path(name), size == SIZES[-1])
    table = [(a, b, c, times(ratio) if ratio else "", d) for a, b, c, ratio, d in rows]
    show("lindung.media, one thread", ("what", "ours", "theirs", "ratio", "against"), table)
    SVG.write_text(draw(rows), encoding="utf-8")
    known.main()
