"""One hotline on one machine: start everything in order, say where it is, stay with it."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import ExitStack, suppress
from functools import partial

from . import parts, postgres, state, trial
from .env import Env, environ_of
from .supervisor import Interrupted, PartFailed, Supervisor

TRIAL_SECONDS = 20.0  # that `up` waits to hear whether captures can be made


def launch() -> int:
    """Start the supervisor in the background and return its exit code, or 0 when all is up."""
    reader, writer = os.pipe()
    command = [*parts.LINDUNG, "up", "--foreground", "--ready-fd", str(writer)]
    supervisor = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, pass_fds=[writer], start_new_session=True
    )
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        try:
            if pipe.read():
                return 0
        except KeyboardInterrupt:
            supervisor.terminate()
    code = supervisor.wait()
    if code < 0:
        print("The start was interrupted.", file=sys.stderr)  # noqa: T201
        return 1
    return code


def stay(env: Env, ready_fd: int | None) -> int:
    """Be the supervisor until asked to stop. 0 stopped or already running, 1 a part failed.

    With `ready_fd` (a pipe to the one who launched us) it goes quiet once all is up.
    """
    with ExitStack() as held:
        if not held.enter_context(state.lock(env.home)):
            _say_running(env)
            return 0
        state.end_leftovers(env.home)
        parts.refuse_taken_ports(env)
        supervisor = Supervisor(env.home, _say)
        try:
            _start(env, supervisor, held)
            supervisor.watch(partial(_detach, supervisor, ready_fd))
        except Interrupted:
            return 1
        except PartFailed as error:
            print(error, file=sys.stderr)  # noqa: T201
            return 1
        finally:
            supervisor.stop()
        return 0


def _start(env: Env, supervisor: Supervisor, held: ExitStack) -> None:
    if not env["DATABASE_URL"]:
        if not held.enter_context(postgres.lock(env.home)):
            raise PartFailed("`lindung migrate` runs now. Try again when it is done.")
        supervisor.start(parts.embedded_database(env))
    trial.forget(env)
    migrate = [*parts.LINDUNG, "migrate"]
    words = supervisor.once("migrations", migrate, environ_of("owner", env.home))
    supervisor.start(*parts.processes(env))
    for line in [*words, trial.words(trial.answer(env, wait=TRIAL_SECONDS))]:
        _say(line)
    _say("Stop it with: lindung stop")


def _detach(supervisor: Supervisor, ready_fd: int | None) -> None:
    """Tell the one who launched us, and write to the log from then on."""
    if ready_fd is None:
        return
    log = os.open(supervisor.log("supervisor"), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    sys.stdout.flush()
    for descriptor in (1, 2):
        os.dup2(log, descriptor)
    os.close(log)
    with suppress(BrokenPipeError), os.fdopen(ready_fd, "wb") as pipe:
        pipe.write(b"up")


def _say(line: str) -> None:
    with suppress(OSError):  # whoever launched us is gone, or the disk is full; the work goes on
        print(line, flush=True)  # noqa: T201


def _say_running(env: Env) -> None:
    found = state.running(env.home)
    how = "starting" if found and found.phase == "starting" else "running"
    _say(f"Lindung is already {how}: {env['PUBLIC_URL']} (public), {env['CONSOLE_URL']} (console).")
    _say("Stop it with: lindung stop")
