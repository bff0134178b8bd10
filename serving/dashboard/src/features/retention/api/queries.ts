import { keepPreviousData, queryOptions } from "@tanstack/react-query";

import { http, type Schemas, unwrap } from "@/lib/api/client";
import { keys } from "@/lib/api/keys";
import type { DayText } from "@/lib/format/days";

import { daysOf, type Grain, toQuery, type View } from "../lib/view";

export type Report = Pick<Schemas["RetentionReport"], "cohorts" | "means"> & {
  columns: readonly (readonly number[])[];
};
export type Stage = Schemas["StageRow"];
export const STAGES = ["new", "returning", "resurrecting", "dormant"] as const;
export type StageName = (typeof STAGES)[number];
const STICKY = { day: "day", week: "week", month: "month" } as const;

export const retentionQuery = (tenantId: string, view: View, today: DayText) =>
  queryOptions({
    queryKey: [...keys.retention, "cohorts", tenantId, view, today],
    queryFn: ({ signal }): Promise<Report> =>
      unwrap(
        http.GET("/api/tenants/{tenant_id}/retention", {
          params: { path: { tenant_id: tenantId }, query: toQuery(view, today) },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
  });

export const lifecycleQuery = (tenantId: string, grain: Grain, today: DayText) =>
  queryOptions({
    queryKey: [...keys.retention, "lifecycle", tenantId, grain, today],
    queryFn: ({ signal }) =>
      unwrap(
        http.GET("/api/tenants/{tenant_id}/lifecycle", {
          params: { path: { tenant_id: tenantId }, query: { ...daysOf(grain, today), grain } },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
  });

export const stickinessQuery = (tenantId: string, grain: Grain, today: DayText) =>
  queryOptions({
    queryKey: [...keys.retention, "stickiness", tenantId, grain, today],
    queryFn: ({ signal }) =>
      unwrap(
        http.GET("/api/tenants/{tenant_id}/stickiness", {
          params: { path: { tenant_id: tenantId }, query: { ...daysOf(grain, today), grain: STICKY[grain] } },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
  });

/** `limit`: so many of them, those who wrote last first. */
export const churnQuery = (
  tenantId: string,
  grain: Grain,
  today: DayText,
  silentDays: number,
  limit: number,
) =>
  queryOptions({
    queryKey: [...keys.retention, "churn", tenantId, grain, today, silentDays, limit],
    queryFn: ({ signal }) =>
      unwrap(
        http.GET("/api/tenants/{tenant_id}/silent-churn", {
          params: {
            path: { tenant_id: tenantId },
            query: { ...daysOf(grain, today), silent_days: silentDays, limit },
          },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
  });

export interface CellAsked {
  cohort: DayText;
  column: number;
  cameBack: boolean;
}

export const cohortContactsQuery = (tenantId: string, view: View, today: DayText, cell: CellAsked) =>
  queryOptions({
    queryKey: [...keys.retention, "cohort-contacts", tenantId, view, today, cell],
    queryFn: ({ signal }) =>
      unwrap(
        http.GET("/api/tenants/{tenant_id}/retention/contacts", {
          params: {
            path: { tenant_id: tenantId },
            query: {
              ...toQuery(view, today),
              cohort: cell.cohort,
              column: cell.column,
              came_back: cell.cameBack,
            },
          },
          signal,
        }),
      ),
  });

export const stageContactsQuery = (tenantId: string, grain: Grain, startsOn: DayText, stage: StageName) =>
  queryOptions({
    queryKey: [...keys.retention, "stage-contacts", tenantId, grain, startsOn, stage],
    queryFn: ({ signal }) =>
      unwrap(
        http.GET("/api/tenants/{tenant_id}/lifecycle/contacts", {
          params: { path: { tenant_id: tenantId }, query: { grain, starts_on: startsOn, stage } },
          signal,
        }),
      ),
  });
