import { UsersRound } from "lucide-react";
import type { ReactNode } from "react";

import { Box } from "@/components/box";
import { HeatLegend, HeatTable } from "@/components/charts/heat-table";
import { DownloadButton } from "@/components/download-button";
import { Notice } from "@/components/states";
import type { Schemas } from "@/lib/api/client";
import { integer, percent } from "@/lib/format/numbers";
import { text } from "@/lib/text";

import type { Report } from "../api/queries";
import { columnName, periodName } from "../lib/names";
import { cellPath } from "../lib/paths";
import type { View } from "../lib/view";

const { retention } = text;
type Cohort = Schemas["CohortRow"];
const shareOf = (value: number | null | undefined): string => percent(value == null ? null : value * 100);
const wholeShare = (value: number): string => `${Math.round(value * 100)}%`;

interface CohortCardProps {
  report: Report;
  view: View;
  children: ReactNode;
}

/** Without the groups before the company's first customer, and the columns that nobody has reached. */
function trimmed(report: Report): Report {
  const first = report.cohorts.findIndex((cohort) => cohort.size > 0);
  const cohorts = first === -1 ? [] : report.cohorts.slice(first);
  const reached = Math.max(
    1,
    ...cohorts.map((cohort) => cohort.cells.findLastIndex((cell) => cell !== null) + 1),
  );
  return {
    columns: report.columns.slice(0, reached),
    means: report.means.slice(0, reached),
    cohorts: cohorts.map((cohort) => ({ ...cohort, cells: cohort.cells.slice(0, reached) })),
  };
}

/** Each row is a group that began together; each cell the share of it that came back, and the way to these contacts. */
export function CohortCard({ report: whole, view, children }: CohortCardProps) {
  const report = trimmed(whole);
  const isEmpty = report.cohorts.length === 0;
  const columns = report.columns.map(columnName);
  return (
    <Box
      title={retention.table}
      hint={retention.tableHint}
      actions={
        !isEmpty && <DownloadButton file="evosense-retencao.csv" rows={() => exported(report, view)} />
      }
    >
      <div className="grid grid-cols-1 gap-4">
        {children}
        {isEmpty ? (
          <Notice icon={UsersRound} title={retention.empty} hint={retention.emptyHint} />
        ) : (
          <div>
            <HeatTable
              label={retention.table}
              columns={[retention.size, ...columns]}
              rows={[
                {
                  name: retention.meanRow,
                  cells: [
                    { shown: integer(totalOf(report)), strength: 0 },
                    ...report.means.map((mean) => ({
                      shown: mean === null ? "" : wholeShare(mean),
                      strength: mean,
                    })),
                  ],
                },
                ...report.cohorts.map((cohort) => ({
                  name: periodName(cohort.starts_on, view.grain),
                  cells: [{ shown: integer(cohort.size), strength: 0 }, ...cellsOf(cohort, view, columns)],
                })),
              ]}
            />
            <HeatLegend low="0%" high="100%" none={retention.incomplete} />
          </div>
        )}
      </div>
    </Box>
  );
}

const totalOf = (report: Report): number => report.cohorts.reduce((sum, cohort) => sum + cohort.size, 0);

const cellsOf = (cohort: Cohort, view: View, columns: readonly string[]) =>
  cohort.cells.map((cell, column) => ({
    shown: cell === null ? "" : wholeShare(cell.value),
    strength: cell?.value ?? null,
    hint:
      cell === null
        ? retention.incomplete
        : retention.cell(
            periodName(cohort.starts_on, view.grain),
            columns[column] ?? "",
            shareOf(cell.value),
            integer(cell.n),
            text.insight.interval(shareOf(cell.low), shareOf(cell.high)),
          ),
    ...(cell !== null &&
      cohort.size > 0 && { to: cellPath(view, cohort.starts_on, column, columns[column] ?? "") }),
  }));

function exported(report: Report, view: View): (string | number | null)[][] {
  return [
    [retention.cohort, retention.size, ...report.columns.map(columnName)],
    ...report.cohorts.map((cohort) => [
      view.grain === "month" ? cohort.starts_on.slice(0, 7) : cohort.starts_on,
      cohort.size,
      ...cohort.cells.map((cell) => cell?.value ?? null),
    ]),
    [retention.meanRow, totalOf(report), ...report.means],
  ];
}
