import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { memo, type ReactNode, useEffect, useLayoutEffect, useRef, useState } from "react";

import type { Column } from "@/components/data-table";
import { cn } from "@/lib/cn";

/** Columns have widths, so that they stay where they are while rows come and go. */
type Columns<Row> = readonly (Column<Row> & { width: string })[];

interface VirtualTableProps<Row> {
  label: string;
  columns: Columns<Row>;
  rows: readonly Row[];
  keyOf: (row: Row) => string;
  hasMore: boolean;
  isLoadingMore: boolean;
  onMore: () => void;
}

const ROW_HEIGHT = 49;
const ROWS_AHEAD = 15;

/** A table of any length: only the rows near the window are in the page, and more are loaded before its end. */
export function VirtualTable<Row>(props: VirtualTableProps<Row>) {
  const { label, columns, rows, keyOf, hasMore, isLoadingMore, onMore } = props;
  const box = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  useLayoutEffect(() => setTop(box.current?.offsetTop ?? 0), []);
  const virtual = useWindowVirtualizer({
    count: rows.length,
    estimateSize: () => ROW_HEIGHT,
    overscan: 10,
    scrollMargin: top,
    getItemKey: (place) => {
      const row = rows[place];
      return row === undefined ? place : keyOf(row);
    },
  });
  const shown = virtual.getVirtualItems();
  const last = shown.at(-1)?.index ?? 0;
  useEffect(() => {
    if (hasMore && !isLoadingMore && last >= rows.length - ROWS_AHEAD) onMore();
  }, [hasMore, isLoadingMore, last, rows.length, onMore]);
  const above = (shown[0]?.start ?? top) - top;
  const below = virtual.getTotalSize() - ((shown.at(-1)?.end ?? top) - top);
  return (
    <div ref={box} role="region" aria-label={label} tabIndex={0} className="relative overflow-x-auto">
      <table
        className="w-full min-w-[56rem] table-fixed text-sm"
        aria-rowcount={hasMore ? -1 : rows.length + 1}
      >
        <colgroup>
          {columns.map((column) => (
            <col key={column.key} className={column.width} />
          ))}
        </colgroup>
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
        <tbody>
          <Spacer height={above} columns={columns.length} />
          {shown.map(({ key, index }) => {
            const row = rows[index];
            return (
              row !== undefined && (
                <tr
                  key={key}
                  ref={virtual.measureElement}
                  data-index={index}
                  aria-rowindex={index + 2}
                  className="h-12 border-b"
                >
                  <Cells row={row} columns={columns} />
                </tr>
              )
            );
          })}
          <Spacer height={below} columns={columns.length} />
        </tbody>
      </table>
    </div>
  );
}

function CellsOf<Row>({ row, columns }: { row: Row; columns: Columns<Row> }): ReactNode {
  return columns.map((column, place) => {
    const Cell = place === 0 ? "th" : "td";
    return (
      <Cell
        key={column.key}
        {...(place === 0 && { scope: "row" })}
        className={cn(
          "truncate px-3 py-2 first:pl-5 last:pr-5",
          place === 0 && "text-left font-medium",
          column.isNumber && "text-right tabular-nums",
          column.className,
        )}
      >
        {column.cell(row)}
      </Cell>
    );
  });
}

/** Scrolling moves the rows; only those that come into sight are made. */
const Cells = memo(CellsOf) as typeof CellsOf;

/** Stands for the rows that are not in the page. */
function Spacer({ height, columns }: { height: number; columns: number }) {
  if (height <= 0) return null;
  return (
    <tr aria-hidden="true">
      <td colSpan={columns} style={{ height }} />
    </tr>
  );
}
