# The service with the bundled model: docker build -t spanloom-serve . && docker run -p 127.0.0.1:8000:8000 --read-only spanloom-serve
FROM python:3.13-slim AS build
WORKDIR /source
COPY pyproject.toml README.md LICENSE ./
COPY src src
RUN python -m venv /venv \
    && /venv/bin/pip install --no-cache-dir --no-compile '.[serve]' \
    && /venv/bin/pip uninstall --yes pip \
    && find /venv -name '__pycache__' -prune -exec rm -rf {} +

FROM python:3.13-slim
COPY --from=build /venv /venv
ENV PATH=/venv/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
USER 65534:65534
WORKDIR /
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8000/readyz', timeout=2)"]
# In a container its own address is all that can be reached; which addresses of the machine lead to it, `docker run -p` says.
ENTRYPOINT ["spanloom", "serve", "--host", "0.0.0.0"]
