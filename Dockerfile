# The app in public mode, with the sample library: see docs/deploy.md.
#   docker build --build-arg TORCH_INDEX=... -t semblance .     (the index of CPU builds on PyTorch's install page)
#   docker run --rm -p 8501:8501 -v semblance:/data semblance
FROM python:3.11-slim

COPY packages.txt .
RUN apt-get update && xargs -a packages.txt apt-get install -y --no-install-recommends && rm -rf /var/lib/apt/lists/*

WORKDIR /app
COPY requirements.txt .
# Without TORCH_INDEX it is the torch of PyPI, whose CUDA libraries are several GB that nothing here uses.
ARG TORCH_INDEX
RUN grep '^torch==' requirements.txt > torch.txt \
    && pip install --no-cache-dir ${TORCH_INDEX:+--index-url "$TORCH_INDEX"} -r torch.txt \
    && pip install --no-cache-dir -r requirements.txt \
    && rm torch.txt

COPY app.py .
COPY .streamlit .streamlit
COPY core core
COPY pages pages
COPY ui ui

# Runs of pages are threads that come and go: with an arena of memory for each, the server would keep more than it needs.
ENV SEMBLANCE_HOME=/data SEMBLANCE_PUBLIC=1 MALLOC_ARENA_MAX=2 PYTHONUNBUFFERED=1
RUN useradd --create-home --uid 1000 semblance && mkdir /data && chown semblance:semblance /data
USER semblance
# Prepares the encoder too, so that the first visitor does not wait. A volume that is empty begins as a copy of this.
RUN python -m core sample --quiet && python -m core health
VOLUME /data

EXPOSE 8501
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s CMD ["python", "-c", \
    "import urllib.request; urllib.request.urlopen('http://localhost:8501/_stcore/health', timeout=5)"]
CMD ["streamlit", "run", "app.py", "--server.address=0.0.0.0", "--server.port=8501", "--server.headless=true"]
