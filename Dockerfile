# One image for every process; the command decides which one it is (see docker-compose.yml).
FROM node:24-bookworm-slim AS dashboard
WORKDIR /dashboard
COPY serving/dashboard/package.json serving/dashboard/package-lock.json serving/dashboard/.npmrc ./
RUN npm ci --ignore-scripts
COPY serving/dashboard ./
RUN npm run build && find dist -name '*.map' -delete

FROM python:3.13-slim-bookworm AS build
WORKDIR /opt/evosense/src
COPY requirements.lock pyproject.toml README.md ./
RUN pip install --no-cache-dir "$(grep -oE '^uv==[^ ]+' requirements.lock)" \
    && uv venv /opt/evosense/venv
COPY . .
# The lock's versions and hashes, without the tools of development. Editable, so that dbt/ lies where it does in a
# checkout and the commands are the tested ones.
RUN uv pip install --no-cache --python /opt/evosense/venv/bin/python --constraint requirements.lock \
    --editable ".[ingestion,orchestration,serving]"

FROM python:3.13-slim-bookworm
RUN useradd --system --create-home --home-dir /var/lib/evosense --uid 10001 evosense
COPY --from=build /opt/evosense /opt/evosense
COPY --from=dashboard /dashboard/dist /opt/evosense/src/serving/dashboard/dist
# dbt writes its compiled project beside its sources.
RUN mkdir -p /opt/evosense/src/dbt/target /opt/evosense/src/dbt/logs \
    && chown evosense /opt/evosense/src/dbt/target /opt/evosense/src/dbt/logs
ENV PATH=/opt/evosense/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    DATA_DIR=/var/lib/evosense \
    DAGSTER_REDACT_USER_CODE_ERRORS=1 \
    DAGSTER_HOME=/var/lib/evosense/dagster
WORKDIR /opt/evosense/src
USER evosense
VOLUME /var/lib/evosense
EXPOSE 8000
CMD ["python", "-m", "serving"]
