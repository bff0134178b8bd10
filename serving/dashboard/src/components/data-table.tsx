import type { ReactNode } from "react";

import { cn } from "@/lib/cn";

export interface Column<Row> {
  key: string;
  head: string;
  cell: (row: Row) => ReactNode;
  /** Numbers stand on the right, in digits of equal width. */
  isNumber?: boolean;
  className?: string;
}

interface DataTableProps<Row> {
  label: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  keyOf: (row: Row) => string;
  className?: string;
}

/** A table that scrolls sideways in its own box on a narrow screen, never the page. The first column names the row. */
export function DataTable<Row>({ label, columns, rows, keyOf, className }: DataTableProps<Row>) {
  return (
    <div role="region" aria-label={label} tabIndex={0} className={cn("relative overflow-x-auto", className)}>
      <table className="w-full text-sm">
        <thead>
          <tr className="border-b">
            {columns.map((column) => (
              <th
                key={column.key}
                scope="col"
                className={cn(
                  "px-3 py-2 text-[13px] font-medium whitespace-nowrap text-muted-foreground first:pl-5 last:pr-5",
                  column.isNumber ? "text-right" : "text-left",
                )}
              >
                {column.head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody className="divide-y">
          {rows.map((row) => (
            <tr key={keyOf(row)}>
              {columns.map((column, place) => {
                const className = cn(
                  "px-3 py-2.5 align-middle first:pl-5 last:pr-5",
                  column.isNumber && "text-right tabular-nums",
                  column.className,
                );
                return place === 0 ? (
                  <th key={column.key} scope="row" className={cn(className, "text-left font-medium")}>
                    {column.cell(row)}
                  </th>
                ) : (
                  <td key={column.key} className={className}>
                    {column.cell(row)}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
