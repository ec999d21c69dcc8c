"""The table of settings for people: in the terminal, and as docs/settings.md."""

from __future__ import annotations

from .env import PROCESSES, SETTINGS, Env, Setting

DEFAULTS = {"LINDUNG_HOME": "~/.local/share/lindung (root: /var/lib/lindung)"}

INTRODUCTION = """\
# Settings

Lindung is set by the environment only. Each setting may also come from a file: put the file's
path in `NAME_FILE` (for example `LINDUNG_DATABASE_URL_FILE`). A name that begins with `LINDUNG_`
and is not in this table stops the start, and so does a value of the wrong shape (exit code 2).

`lindung settings` shows the values in force. This page is made from the code by `make docs`.

Under `lindung up` a part gets the settings that it reads and no other.

| setting | meaning | shape | default | read by |
|---|---|---|---|---|
"""


def markdown() -> str:
    """docs/settings.md, the same on every machine."""
    rows = [
        f"| `{s.name}` | {s.meaning} | {s.shape} | {_code(DEFAULTS.get(s.name, s.default))} "
        f"| {_readers(s)} |\n"
        for s in SETTINGS
    ]
    return INTRODUCTION + "".join(rows)


def plain(env: Env) -> str:
    """One block per setting, with its value now; secrets are not shown."""
    blocks = []
    for setting in SETTINGS:
        where = "set" if setting.name in env.given else "default"
        now = f"{setting.name} = {env.shown[setting.name]}   ({where})"
        blocks.append(f"{now}\n    {setting.meaning}\n")
    return "".join(blocks)


def _readers(setting: Setting) -> str:
    """The parts that read a setting; the commands of the owner read all."""
    return "all" if setting.parts == PROCESSES else ", ".join(setting.parts).replace("owner, ", "")


def _code(value: str) -> str:
    return f"`{value}`" if value else "(empty)"
