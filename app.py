"""The page and the HTTP interface, in one process.

    python app.py                               # http://127.0.0.1:7860, HTTP interface at /docs
    python app.py --host 0.0.0.0 --no-page      # the HTTP interface alone, for other machines too
    IM2LATEX_MAX_BATCH=16 python app.py         # every flag is an environment variable, too

Exit status: 0 stopped by Ctrl+C or SIGTERM, 2 wrong usage, or it cannot listen where it is told to. Before it listens
Ctrl+C ends it with 130, and SIGTERM as a shell reports it, 143.
"""

import asyncio
import errno
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from command_line import report_missing


def main(argv: Sequence[str] | None = None) -> int:
    try:
        return run(list(sys.argv[1:] if argv is None else argv))
    except KeyboardInterrupt:
        return 130  # as a shell reports SIGINT


def run(argv: list[str]) -> int:
    # Gradio and the Hub would report to their makers.
    os.environ.setdefault('GRADIO_ANALYTICS_ENABLED', 'False')
    os.environ.setdefault('HF_HUB_DISABLE_TELEMETRY', '1')
    from pydantic import ValidationError

    from serving.settings import Settings

    try:
        settings = Settings(_cli_parse_args=argv)
    except ValidationError as error:
        for problem in error.errors():
            print(f'app.py: {".".join(map(str, problem["loc"]))}: {problem["msg"]}', file=sys.stderr)
        return 2
    # Before what takes seconds: it would be found out at the end of it.
    if problem := listening_problem(settings.host, settings.port):
        print(f'app.py: {problem}', file=sys.stderr)
        return 2

    from modeling.checkpoint_im2latex import CheckpointError
    from serving.logs import configure_logging
    from serving.model import find_checkpoint, load_reader
    from serving.service import Server, create_app

    checkpoint = settings.checkpoint or find_checkpoint()
    if checkpoint is None:
        print('app.py: no checkpoint in checkpoints/: say with --checkpoint which one to use', file=sys.stderr)
        return 2
    configure_logging(settings)
    try:
        reader, backend = load_reader(checkpoint, settings.backend, settings.precision, settings.threads)
    except CheckpointError as error:
        print(f'app.py: {error}', file=sys.stderr)
        return 2
    Server(create_app(reader, settings, Path(checkpoint).name, backend), settings).run()
    return 0


def listening_problem(host: str, port: int) -> str | None:
    """Why no server can listen there, and what to do; None if one can."""

    async def listen() -> None:
        server = await asyncio.get_running_loop().create_server(asyncio.Protocol, host, port, start_serving=False)
        server.close()

    try:
        asyncio.run(listen())
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            return f'{host}:{port} is in use: stop what listens there, or choose another port with --port'
        return f'cannot listen on {host}:{port}: {error.strerror or error}'
    return None


if __name__ == '__main__':
    raise SystemExit(
        report_missing(main, 'app.py', 'make app, or pip install -r requirements-cpu.txt -r requirements-app.txt')
    )
