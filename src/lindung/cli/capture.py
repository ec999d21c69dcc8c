"""`lindung capture`: capture one page and seal it, without a hotline."""

from __future__ import annotations

from pathlib import Path

import typer


def register(app: typer.Typer) -> None:
    @app.command()
    def capture(
        url: str,
        keys: Path = typer.Option(..., help="A key directory made by lindung keygen."),
        out: Path = typer.Option(..., help="The bundle file to write."),
        policy: str = typer.Option("no-media", help="metadata-only, no-media or full."),
        authority: str | None = typer.Option(
            None, help="The legal authority relied on; needed for the policy full."
        ),
        operator: str = typer.Option("", help="Who captures, in words (default: the signer)."),
        allow: list[str] = typer.Option([], help="host:port let through though not public."),
        tsa: list[str] = typer.Option([], help="Address of an RFC 3161 time authority."),
        isolation: str = typer.Option(
            "sandboxed", help="sandboxed, or weaker: without one where there can be none."
        ),
        witness: list[str] = typer.Option([], help="Address of a witness of the custody log."),
    ) -> None:
        """Capture the page at URL and seal it into one file.

        Exit code 0 sealed, also when partial or unreachable (the bundle says so); 2 wrong use.
        """
        from rich.console import Console

        from lindung.evidence import CannotCapture, Isolation, KeyProblem, Keys, Policy, seal
        from lindung.evidence import capture as take
        from lindung.runtime import folder_for_a_while

        progress = Console(stderr=True)
        try:
            loaded = Keys.load(keys)
            if out.exists():
                raise ValueError(f"{out} already exists; evidence is never overwritten.")
            with folder_for_a_while("lindung-taken-") as room:
                if progress.is_terminal:
                    with progress.status("starting") as status:
                        taken = take(
                            url, room, policy=Policy(policy), authority=authority,
                            allow=allow, isolation=Isolation(isolation), on_step=status.update,
                        )  # fmt: skip
                else:
                    taken = take(
                        url,
                        room,
                        policy=Policy(policy),
                        authority=authority,
                        allow=allow,
                        isolation=Isolation(isolation),
                    )
                sealed = seal(
                    taken, out, keys=loaded, log=loaded.file_log(witness),
                    operator=operator or loaded.name, tsa=tsa,
                )  # fmt: skip
        except (CannotCapture, KeyProblem, ValueError, OSError) as problem:
            typer.echo(f"Nothing was sealed. {problem}", err=True)
            raise typer.Exit(2) from None
        typer.echo(f"{out}: {taken.outcome}, {len(taken.files)} files sealed.")
        if taken.weaker == "sandbox":
            typer.echo("Captured in the weaker mode: the browser had no sandbox.")
        if taken.problem:
            typer.echo(taken.problem)
        for why in sealed.inclusion.unwitnessed:
            typer.echo(f"Not witnessed: {why}")
        for authority in sealed.pending:
            typer.echo(f"Time stamp pending: {authority} (try again: lindung stamp {out})")
        typer.echo(f"Manifest SHA-256 {sealed.manifest_sha256}")
        typer.echo(f"Check it: lindung verify {out} --trust {keys}/trust.json")
