import type { ReactNode } from "react";

import { DownloadButton } from "@/components/download-button";
import { Card, CardContent, CardHeader, CardTitle } from "@/components/ui/card";
import { text } from "@/lib/text";

export interface ChartRow {
  key: string;
  shown: string[];
  raw: (string | number | null)[];
}

interface ChartCardProps {
  title: string;
  hint?: string;
  file: string;
  head: string[];
  rows: ChartRow[];
  actions?: ReactNode;
  children: ReactNode;
}

/** A chart with what it shows as a table behind it, and as a file. */
export function ChartCard({ title, hint, file, head, rows, actions, children }: ChartCardProps) {
  return (
    <Card aria-label={title}>
      <CardHeader>
        <div className="min-w-0 flex-1 basis-44">
          <CardTitle>{title}</CardTitle>
          {hint && <p className="mt-0.5 text-[13px] text-muted-foreground">{hint}</p>}
        </div>
        <div className="ml-auto flex items-center gap-2 self-start">
          {actions}
          <DownloadButton file={file} rows={() => [head, ...rows.map((row) => row.raw)]} />
        </div>
      </CardHeader>
      <CardContent>
        {children}
        <TableBehind title={title} head={head} rows={rows} />
      </CardContent>
    </Card>
  );
}

/** What a chart shows, for those who don't see it. */
export function TableBehind({ title, head, rows }: Pick<ChartCardProps, "title" | "head" | "rows">) {
  return (
    <details className="mt-3">
      <summary className="w-fit rounded text-[13px] font-medium text-accent-foreground">
        {text.charts.asTable}
      </summary>
      <ChartTable title={title} head={head} rows={rows} />
    </details>
  );
}

function ChartTable({ title, head, rows }: Pick<ChartCardProps, "title" | "head" | "rows">) {
  return (
    <div
      role="region"
      aria-label={title}
      tabIndex={0}
      className="relative mt-2 max-h-80 overflow-auto rounded-lg border"
    >
      <table className="w-full text-sm tabular-nums">
        <thead className="sticky top-0 bg-muted">
          <tr>
            {head.map((name, place) => (
              <th key={name} scope="col" className={place ? "px-3 py-2 text-right" : "px-3 py-2 text-left"}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody className="divide-y">
          {rows.toReversed().map((row) => (
            <tr key={row.key}>
              {row.shown.map((value, place) =>
                place === 0 ? (
                  <th
                    key={head[place]}
                    scope="row"
                    className="px-3 py-1.5 text-left font-normal whitespace-nowrap"
                  >
                    {value}
                  </th>
                ) : (
                  <td key={head[place]} className="px-3 py-1.5 text-right">
                    {value}
                  </td>
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
