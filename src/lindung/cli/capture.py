"""`lindung capture`: capture one page and seal it, without a hotline."""

from __future__ import annotations

from pathlib import Path

import typer

from lindung.cli import in_words


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

        from lindung.evidence import (
            CannotCapture,
            Isolation,
            KeyProblem,
            Keys,
            Policy,
            not_an_address,
            seal,
        )
        from lindung.evidence import capture as take
        from lindung.runtime import folder_for_a_while, visible

        progress = Console(stderr=True)
        try:
            if (why := not_an_address(url)) is not None:
                raise ValueError(f"{url}: {why}")
            if policy not in list(Policy):
                raise ValueError(f"There is no policy {policy!r}. Policies: {', '.join(Policy)}.")
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
            words = visible(in_words(problem), 1000)
            typer.echo(f"Nothing was sealed. {words}", err=True)
            raise typer.Exit(2) from None
        told = [f"{out}: {taken.outcome}, {len(taken.files)} files sealed."]
        if taken.weaker == "sandbox":
            told.append("Captured in the weaker mode: the browser had no sandbox.")
        told += [taken.problem] if taken.problem else []
        told += [f"Not witnessed: {why} (again: lindung stamp --witness)"
                 for why in sealed.inclusion.unwitnessed]  # fmt: skip
        told += [f"Time stamp pending: {why}" for why in sealed.why_pending]
        if sealed.pending:
            told.append(f"Try again: lindung stamp {out} --keys {keys}")
        told.append(f"Manifest SHA-256 {sealed.manifest_sha256}")
        told.append(f"Check it: lindung verify {out} --trust {keys}/trust.json")
        for line in told:
            typer.echo(visible(line, 1000))
