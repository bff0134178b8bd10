import { Link } from "react-router";

import { Box } from "@/components/box";
import { DownloadButton } from "@/components/download-button";
import { integer, percent, signed } from "@/lib/format/numbers";
import { scoredMessagesPath } from "@/lib/period/targets";
import type { Period } from "@/lib/period/period";
import { text } from "@/lib/text";

import { nameOf, type Report, type Theme } from "../lib/theme";

const { themes } = text;
const MOST = 12;

/** How many points each theme adds to the net sentiment: what hurts most first, what helps most last. */
export function Drivers({ report, period }: { report: Report; period: Period }) {
  const strongest = report.themes
    .toSorted((one, other) => Math.abs(other.impact) - Math.abs(one.impact))
    .slice(0, MOST)
    .sort((one, other) => one.impact - other.impact);
  const reach = Math.max(...strongest.map((theme) => Math.abs(theme.impact)), 1e-9);
  return (
    <Box
      title={themes.drivers}
      hint={themes.driversHint}
      actions={
        <DownloadButton
          file="evosense-causas.csv"
          rows={() => [
            [themes.theme, themes.impact, themes.messages, themes.share],
            ...strongest.map((theme) => [nameOf(theme), theme.impact, theme.n, theme.share]),
          ]}
        />
      }
    >
      <ul className="grid gap-1" aria-label={themes.drivers}>
        {strongest.map((theme) => (
          <Driver key={theme.theme_id ?? "none"} theme={theme} reach={reach} period={period} />
        ))}
      </ul>
      <p className="mt-3 flex justify-between text-xs text-muted-foreground">
        <span>{themes.pullsDown}</span>
        <span>{themes.pushesUp}</span>
      </p>
    </Box>
  );
}

function Driver({ theme, reach, period }: { theme: Theme; reach: number; period: Period }) {
  const share = Math.abs(theme.impact) / reach;
  const isUp = theme.impact >= 0;
  const words = (
    <>
      <span className="block truncate font-medium group-hover:underline">{nameOf(theme)}</span>
      <span className="text-xs text-muted-foreground tabular-nums">
        {themes.inMessages(integer(theme.n), percent(theme.share * 100))}
      </span>
    </>
  );
  return (
    <li className="grid grid-cols-[minmax(0,1fr)_4.5rem] items-center gap-x-4 gap-y-1 py-1 text-sm sm:grid-cols-[minmax(0,2fr)_minmax(0,3fr)_4.5rem]">
      {theme.theme_id ? (
        <Link to={scoredMessagesPath(period, { tema: theme.theme_id })} className="group min-w-0 rounded">
          {words}
        </Link>
      ) : (
        <span className="min-w-0">{words}</span>
      )}
      <svg
        viewBox="-100 0 200 16"
        preserveAspectRatio="none"
        className="order-last col-span-full h-4 w-full sm:order-none sm:col-span-1"
        aria-hidden="true"
      >
        <line x1="0" x2="0" y1="0" y2="16" stroke="var(--border)" vectorEffect="non-scaling-stroke" />
        <rect
          x={isUp ? 0 : -100 * share}
          y="2"
          width={100 * share}
          height="12"
          fill={isUp ? "var(--chart-good)" : "var(--chart-bad)"}
        />
      </svg>
      <span className="text-right font-medium tabular-nums">{signed(theme.impact)}</span>
    </li>
  );
}
