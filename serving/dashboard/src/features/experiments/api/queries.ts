import { queryOptions } from "@tanstack/react-query";

import { http, type Schemas, unwrap } from "@/lib/api/client";
import { keys } from "@/lib/api/keys";

export type Run = Schemas["ExperimentRun"];
const BUSY_MS = 1_500;
const CALM_MS = 20_000;

export const isOpen = (run: Run): boolean => ["requested", "planned", "running"].includes(run.state);

export const runsQuery = queryOptions({
  queryKey: keys.runs,
  queryFn: ({ signal }) =>
    unwrap(http.GET("/api/experiments", { params: { query: { limit: 100 } }, signal })),
  refetchInterval: (query) => (query.state.data?.some(isOpen) ? BUSY_MS * 2 : CALM_MS),
});

export const runQuery = (id: string) =>
  queryOptions({
    queryKey: keys.run(id),
    queryFn: ({ signal }) =>
      unwrap(http.GET("/api/experiments/{run_id}", { params: { path: { run_id: id } }, signal })),
    refetchInterval: (query) => (!query.state.data || isOpen(query.state.data) ? BUSY_MS : false),
  });

export const reportQuery = (hash: string) =>
  queryOptions({
    queryKey: keys.report(hash),
    queryFn: ({ signal }) =>
      unwrap(
        http.GET("/api/experiments/reports/{report_hash}", {
          params: { path: { report_hash: hash } },
          signal,
        }),
      ),
    staleTime: Number.POSITIVE_INFINITY,
  });

export const regressionsQuery = (hash: string) =>
  queryOptions({
    queryKey: [...keys.report(hash), "regressions"],
    queryFn: ({ signal }) =>
      unwrap(
        http.GET("/api/experiments/reports/{report_hash}/regressions", {
          params: { path: { report_hash: hash }, query: { limit: 20 } },
          signal,
        }),
      ),
  });

export const shadowsQuery = queryOptions({
  queryKey: keys.shadows,
  queryFn: ({ signal }) => unwrap(http.GET("/api/experiments/shadows", { signal })),
  refetchInterval: CALM_MS,
});

export const promptsQuery = queryOptions({
  queryKey: [...keys.prompts, "versions"],
  queryFn: ({ signal }) => unwrap(http.GET("/api/prompts", { signal })),
});

export const channelsQuery = queryOptions({
  queryKey: [...keys.prompts, "channels"],
  queryFn: ({ signal }) => unwrap(http.GET("/api/prompts/channels", { signal })),
});

export const eventsQuery = queryOptions({
  queryKey: [...keys.prompts, "events"],
  queryFn: ({ signal }) => unwrap(http.GET("/api/prompts/events", { signal })),
});

export const diffQuery = (old: string, fresh: string) =>
  queryOptions({
    queryKey: [...keys.prompts, "diff", old, fresh],
    queryFn: ({ signal }) =>
      unwrap(http.GET("/api/prompts/diff", { params: { query: { old, new: fresh } }, signal })),
    staleTime: Number.POSITIVE_INFINITY,
  });

export const shadowQuery = (id: string) =>
  queryOptions({
    queryKey: [...keys.shadows, id],
    queryFn: ({ signal }) =>
      unwrap(
        http.GET("/api/experiments/shadows/{experiment_id}", {
          params: { path: { experiment_id: id } },
          signal,
        }),
      ),
    refetchInterval: CALM_MS,
  });

export const previewQuery = (replay: Schemas["Replay"]) =>
  queryOptions({
    queryKey: ["experiments", "preview", replay],
    queryFn: ({ signal }) => unwrap(http.POST("/api/experiments/plan", { body: replay, signal })),
    enabled: replay.candidates.length > 0 && replay.first_day <= replay.last_day,
    retry: false,
  });

export const policyQuery = queryOptions({
  queryKey: [...keys.prompts, "policy"],
  queryFn: ({ signal }) => unwrap(http.GET("/api/prompts/policy", { signal })),
});

export const proposalsQuery = queryOptions({
  queryKey: [...keys.prompts, "proposals"],
  queryFn: ({ signal }) => unwrap(http.GET("/api/prompts/proposals", { signal })),
});
