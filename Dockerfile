# Cairn as one image: `cairn serve` (the default), `cairn worker` and `cairn migrate`.

FROM python:3.13-slim AS build
ENV PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    UV_COMPILE_BYTECODE=1 \
    UV_LINK_MODE=copy \
    UV_PYTHON_DOWNLOADS=never
RUN pip install uv==0.13.9
WORKDIR /srv/cairn
# The dependencies change less often than the code: a layer of their own.
COPY pyproject.toml uv.lock README.md LICENSE ./
RUN uv sync --frozen --no-dev --no-install-project
COPY alembic.ini ./
COPY migrations ./migrations
COPY app ./app
RUN uv sync --frozen --no-dev --no-editable
# The description as a file: a server would need seconds to make it for its first reader.
RUN .venv/bin/cairn openapi --file /tmp/described/cairn.json \
    && mv /tmp/described/cairn.json .venv/lib/python3.13/site-packages/app/api/static/openapi.json \
    && mv /tmp/described/scim.json .venv/lib/python3.13/site-packages/app/api/static/openapi-scim.json

FROM python:3.13-slim
ENV PATH=/srv/cairn/.venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
RUN useradd --system --user-group --uid 10001 --no-create-home --shell /usr/sbin/nologin cairn \
    && install -d -o cairn -g cairn -m 0700 \
        /var/lib/cairn /var/lib/cairn/keys /var/lib/cairn/attachments \
        /var/lib/cairn/checkpoints /var/lib/cairn/mail
WORKDIR /srv/cairn
COPY --from=build /srv/cairn/.venv ./.venv
COPY --from=build /srv/cairn/alembic.ini ./
COPY --from=build /srv/cairn/migrations ./migrations
USER cairn
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen('http://127.0.0.1:' + os.environ.get('PORT', '8000') + '/healthz', timeout=4)"]
CMD ["cairn", "serve", "--host", "0.0.0.0"]
