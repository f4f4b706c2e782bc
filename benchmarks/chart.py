"""The figures of ``compare_peers.py`` as an SVG: for every workload how long each takes, PyTorch eager being 1."""

from __future__ import annotations

from typing import Any
from xml.sax.saxutils import escape

COLOURS = {
    "ts2cpp (default)": "#0b6e4f",
    "ts2cpp (native)": "#5fad8c",
    "pytorch": "#9aa0a6",
    "torchscript": "#b8bcc2",
    "libtorch": "#c9a227",
    "onnxruntime": "#4f81bd",
    "openvino": "#7a5195",
    "ncnn": "#d1603d",
}
BAR, GAP, LEFT, WIDTH, LARGEST = 9, 14, 120, 560, 2.0


def bars(rows: list[dict[str, Any]], threads: int | None = None) -> str:
    """A group of bars a workload, for one number of threads (the first one measured)."""
    chosen = threads if threads is not None else rows[0]["threads"] if rows else 1
    parts: list[str] = []
    y = 52
    for row in (r for r in rows if r["threads"] == chosen and "pytorch" in r["microseconds"]):
        times = row["microseconds"]
        group = [who for who in COLOURS if who in times]
        middle = y + len(group) * BAR / 2 + 4
        parts.append(f'<text x="{LEFT - 8}" y="{middle:.0f}" text-anchor="end">{escape(row["workload"])}</text>')
        for who in group:
            ratio = times[who] / times["pytorch"]
            width = WIDTH * min(ratio, LARGEST) / LARGEST
            parts.append(f'<rect x="{LEFT}" y="{y}" width="{width:.1f}" height="{BAR - 1}" fill="{COLOURS[who]}"/>')
            if who.startswith("ts2cpp") or ratio > LARGEST:
                shown = f"{ratio:.2f}" if ratio < 10 else f"{ratio:.0f}"
                parts.append(f'<text x="{LEFT + width + 4:.1f}" y="{y + BAR - 2}" class="small">{shown}</text>')
            y += BAR
        y += GAP
    legend = []
    for position, (who, colour) in enumerate(COLOURS.items()):
        x = LEFT + position % 4 * 150
        top = 6 + position // 4 * 16
        legend.append(f'<rect x="{x}" y="{top}" width="10" height="10" fill="{colour}"/>')
        legend.append(f'<text x="{x + 15}" y="{top + 9}" class="small">{escape(who)}</text>')
    one = LEFT + WIDTH / LARGEST
    axis = f'<line x1="{one:.0f}" y1="44" x2="{one:.0f}" y2="{y - GAP + 4}" stroke="#555" stroke-dasharray="3 3"/>'
    label = f"time of a call, PyTorch eager = 1, {chosen} thread{'s' if chosen != 1 else ''}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {LEFT + WIDTH + 60} {y + 20}" font-family="sans-serif" '
        f'font-size="12"><style>.small{{font-size:9px}}text{{fill:#222}}</style>'
        f'<rect width="100%" height="100%" fill="#fff"/>'
        f"{''.join(legend)}{axis}{''.join(parts)}"
        f'<text x="{LEFT}" y="{y + 10}" class="small">{escape(label)}</text></svg>\n'
    )
