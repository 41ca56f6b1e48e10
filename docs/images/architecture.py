"""Draw architecture.svg, the picture of docs/explanation/architecture.md: `python docs/images/architecture.py`."""

from pathlib import Path

WIDTH, HEIGHT = 960, 570
STYLE = """
text { font: 14px sans-serif; fill: #1c2733 }
.small { font-size: 12px; fill: #44515e }
.head { font-weight: bold }
.process { fill: #f6f8fa; stroke: #51606e; stroke-width: 1.5 }
.sim { fill: #eef6ee; stroke: #4d7c4d; stroke-width: 1.5; stroke-dasharray: 6 4 }
.safe { fill: #fdf1ec; stroke: #b5410b; stroke-width: 1.5 }
.thread { fill: #ffffff; stroke: #9aa7b3 }
.wire { fill: none; stroke: #0b5fa5; stroke-width: 2; marker-end: url(#arrow) }
.emergency { fill: none; stroke: #b5410b; stroke-width: 2; marker-end: url(#red) }
.label { font-size: 12px; fill: #0b5fa5 }
.red { font-size: 12px; fill: #b5410b }
"""


def box(kind: str, x: int, y: int, width: int, height: int, title: str, *lines: str) -> str:
    """Return a box with a bold title and small lines below it."""
    shown = [f'<rect class="{kind}" x="{x}" y="{y}" width="{width}" height="{height}" rx="6"/>']
    shown.append(f'<text class="head" x="{x + 12}" y="{y + 22}">{title}</text>')
    shown += [
        f'<text class="small" x="{x + 12}" y="{y + 42 + 17 * i}">{line}</text>'
        for i, line in enumerate(lines)
    ]
    return "\n".join(shown)


def threads(x: int, y: int, *names: str) -> str:
    """Return a column of threads."""
    return "\n".join(
        f'<rect class="thread" x="{x}" y="{y + 30 * i}" width="216" height="25" rx="4"/>'
        f'<text class="small" x="{x + 9}" y="{y + 17 + 30 * i}">{name}</text>'
        for i, name in enumerate(names)
    )


def arrow(kind: str, path: str, label: str = "", x: int = 0, y: int = 0) -> str:
    """Return an arrow along a path, with its label."""
    colour = "red" if kind == "emergency" else "label"
    text = f'<text class="{colour}" x="{x}" y="{y}">{label}</text>' if label else ""
    return f'<path class="{kind}" d="{path}"/>{text}'


def marker(name: str, colour: str) -> str:
    """Return the head of an arrow."""
    return (
        f'<marker id="{name}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" '
        'orient="auto-start-reverse">'
        f'<path d="M0 0 L8 4 L0 8 z" fill="{colour}"/></marker>'
    )


PICTURE = [
    box(
        "process",
        20,
        20,
        230,
        150,
        "Window (one or several)",
        "views, forms, queue, replay",
        "its own process: closing or",
        "killing it changes no run",
    ),
    box("process", 20, 200, 230, 80, "Script or notebook", "BenchClient, or a Bench of its own"),
    box("process", 360, 20, 260, 330, "Bench", "owns the rig; one run at a time"),
    threads(
        382,
        80,
        "run: procedure, instruments",
        "recorder: writes every sample",
        "reducers: traces, holds, sweeps",
        "command server",
        "emergency server: retract",
        "publisher: samples, events, state",
    ),
    box("thread", 382, 272, 216, 62, "recording.h5.log", "on the disk every half second"),
    box(
        "safe",
        360,
        390,
        260,
        84,
        "Watchdog",
        "makes the rig safe over a connection",
        "of its own when the bench dies",
    ),
    box("process", 730, 20, 210, 86, "NI 6281", "bias, z, four inputs;", "NI-DAQmx, local or gRPC"),
    box("process", 730, 126, 210, 70, "Keithley 428", "current; GPIB behind VXI-11"),
    box("process", 730, 216, 210, 70, "SRS SR560", "thermocouple; listens only"),
    box(
        "sim",
        710,
        310,
        230,
        112,
        "Simulated rig",
        "one process that answers on",
        "the same three wires; a world",
        "of tip, molecules and heat",
    ),
    arrow("wire", "M250 78 H356", "commands", 270, 70),
    arrow("wire", "M360 112 H254", "samples", 278, 130),
    arrow("emergency", "M250 156 H356", "retract", 283, 150),
    arrow("wire", "M250 240 H356"),
    arrow("wire", "M620 62 H726", "DAQmx, gRPC", 626, 54),
    arrow("wire", "M620 160 H726", "TCP/IP", 640, 152),
    arrow("wire", "M620 250 H726", "RS-232", 640, 242),
    arrow("wire", "M490 350 V386", "alive?", 498, 373),
    arrow("emergency", "M620 450 H702 V92 H726", "0 V, tip back", 626, 468),
    box("thread", 20, 500, 124, 44, "hotjunction"),
    box("thread", 184, 500, 90, 44, "app"),
    box("thread", 344, 490, 130, 30, "procedures"),
    box("thread", 344, 526, 130, 30, "simulators"),
    box("thread", 560, 490, 130, 30, "drivers"),
    box("thread", 800, 500, 140, 44, "analysis"),
    arrow("wire", "M144 522 H180"),
    arrow("wire", "M274 522 H340", "imports", 284, 514),
    arrow("wire", "M474 505 H556"),
    arrow("wire", "M690 505 H760 V516 H796"),
    arrow("wire", "M474 541 H760 V530 H796"),
]


def main() -> None:
    """Write the picture beside this script."""
    body = "\n".join(PICTURE)
    text = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        'aria-label="Processes, threads, wires and rooms of hotjunction">\n'
        f"<style>{STYLE}</style>\n<defs>{marker('arrow', '#0b5fa5')}{marker('red', '#b5410b')}</defs>\n"
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff" rx="8"/>\n{body}\n</svg>\n'
    )
    Path(__file__).with_suffix(".svg").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
