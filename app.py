"""The page and the HTTP interface, in one process.

    python app.py                               # http://127.0.0.1:7860, HTTP interface at /docs
    python app.py --host 0.0.0.0 --no-page      # the HTTP interface alone, for other machines too
    IM2LATEX_MAX_BATCH=16 python app.py         # every flag is an environment variable, too

Exit status: 0 stopped, 2 wrong usage.
"""

import os
import sys
from collections.abc import Sequence
from pathlib import Path


def main(argv: Sequence[str] | None = None) -> int:
    # Gradio and the Hub would report to their makers.
    os.environ.setdefault('GRADIO_ANALYTICS_ENABLED', 'False')
    os.environ.setdefault('HF_HUB_DISABLE_TELEMETRY', '1')
    from pydantic import ValidationError

    from serving.settings import Settings

    try:
        settings = Settings(_cli_parse_args=list(sys.argv[1:] if argv is None else argv))
    except ValidationError as error:
        for problem in error.errors():
            print(f'app.py: {".".join(map(str, problem["loc"]))}: {problem["msg"]}', file=sys.stderr)
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
    server = Server(create_app(reader, settings, Path(checkpoint).name, backend), settings)
    server.run()
    return 0 if server.started else 2


if __name__ == '__main__':
    raise SystemExit(main())
