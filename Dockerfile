# The page and the HTTP interface, on a CPU, weights inside:
#   docker build -t im2latex . && docker run --rm -p 7860:7860 im2latex
FROM python:3.12-slim

ENV PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1

WORKDIR /app

# It reads with the ONNX graphs of the checkpoints: torch is not installed, nor are its weights copied.
COPY requirements-cpu.txt requirements-extras.txt requirements-app.txt ./
RUN pip install -r requirements-cpu.txt -r requirements-app.txt

COPY modeling/ modeling/
COPY runtime/ runtime/
COPY serving/ serving/
COPY examples/ examples/
COPY checkpoints/ checkpoints/
COPY app.py command_line.py predict.py LICENSE ./

RUN useradd --create-home --uid 1000 user
USER 1000

ENV IM2LATEX_HOST=0.0.0.0 \
    IM2LATEX_PORT=7860 \
    HF_HUB_OFFLINE=1
EXPOSE 7860
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen('http://127.0.0.1:' + os.environ['IM2LATEX_PORT'] + '/health', timeout=4)"]
CMD ["python", "app.py"]
