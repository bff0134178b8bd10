#!/bin/sh
# Dagster's code server, daemon and UI as one service: Railway shares no volume between services, and runs are
# children of the code server. The first of them that ends ends the service, which is then started anew.
set -eu
evosense dagster-home --code-host 127.0.0.1 --code-port 4000
dagster instance migrate
# A background process of a script ignores SIGINT, and Dagster maps SIGTERM to whatever SIGINT does: reset it.
start() { env --default-signal=INT,TERM "$@" --log-format json & }
start dagster api grpc --module-name orchestration.definitions --location-name evosense \
  --host 127.0.0.1 --port 4000 --use-python-environment-entry-point
code=$!
start dagster-daemon run --workspace "$DAGSTER_HOME/workspace.yaml" --log-level warning
daemon=$!
start python -m orchestration.webserver --workspace "$DAGSTER_HOME/workspace.yaml" --host 127.0.0.1 --port 3000
web=$!
trap 'kill "$code" "$daemon" "$web" 2>/dev/null || true' EXIT TERM INT
while kill -0 "$code" && kill -0 "$daemon" && kill -0 "$web"; do sleep 5; done
exit 1
