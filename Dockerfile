# Exact versions. To pin an image by its digest as well: docs/PRODUCTION.md.
ARG NODE_IMAGE=node:22.19.0-bookworm-slim
ARG PYTHON_IMAGE=python:3.13.7-slim-bookworm
ARG POSTGRES_IMAGE=postgres:16.13-bookworm

# Third-party scripts come from npm at build time; nothing is fetched when the portal runs.
FROM ${NODE_IMAGE} AS scripts
WORKDIR /scripts
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund
WORKDIR /vendor
RUN cp -r /scripts/node_modules/echarts/dist/echarts.common.min.js /scripts/node_modules/htmx.org/dist/htmx.min.js \
        /scripts/node_modules/leaflet/dist/leaflet.js /scripts/node_modules/leaflet/dist/leaflet.css \
        /scripts/node_modules/leaflet/dist/images . \
    && sed -i 's|//# sourceMappingURL=.*||' *.js

# `manage.py backup` and `restore` need the client of PostgreSQL, of the release of the server; it is taken from the
# server's own image, of the same Debian as the one below
FROM ${POSTGRES_IMAGE} AS postgres
RUN mkdir -p /client/bin /client/lib \
    && cp /usr/lib/postgresql/16/bin/pg_dump /usr/lib/postgresql/16/bin/pg_restore /usr/lib/postgresql/16/bin/psql /client/bin \
    && cp -L /usr/lib/*-linux-gnu/libpq.so.5 /client/lib

FROM ${PYTHON_IMAGE}
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 DATA_DIR=/data STATIC_DIR=/app/collected
# The font is for the PDF of the year report; the libraries are those of the client of PostgreSQL
RUN apt-get update \
    && apt-get install -y --no-install-recommends fonts-wqy-zenhei libgssapi-krb5-2 libldap-2.5-0 liblz4-1 libzstd1 \
    && rm -rf /var/lib/apt/lists/*
COPY --from=postgres /client/bin/ /usr/local/bin/
COPY --from=postgres /client/lib/ /usr/local/lib/
RUN ldconfig
WORKDIR /app
COPY requirements.txt ./
RUN pip install --no-cache-dir --require-hashes -r requirements.txt
COPY . .
COPY --from=scripts /vendor static/vendor
# The data folder is the account's alone; the program and its static files are read by it and written by nobody
RUN useradd --create-home --uid 10001 registry && install -d -m 700 -o registry -g registry /data /backups \
    && python -c "import pathlib, polib; [polib.pofile(str(p)).save_as_mofile(str(p.with_suffix('.mo'))) for p in pathlib.Path('locale').rglob('*.po')]" \
    && SECRET_KEY=only-for-collecting-static-files-at-build-time python manage.py collectstatic --noinput -v0 \
    && chmod -R a+rX /app
USER registry
VOLUME /data /backups
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=3s --start-period=20s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=2)"]
CMD ["python", "-m", "fengnan.server", "--interface", "wsgi", "--http", "1", "--no-ws", "--host", "0.0.0.0", "--port", "8000", "--workers", "2", "--blocking-threads", "3", "fengnan.wsgi:application"]
