import { Link } from "react-router";

import { Box } from "@/components/box";
import { DataTable } from "@/components/data-table";
import { DownloadButton } from "@/components/download-button";
import { Badge } from "@/components/ui/badge";
import { decimal, integer, percent, sentiment, signed } from "@/lib/format/numbers";
import type { Period } from "@/lib/period/period";
import { scoredMessagesPath } from "@/lib/period/targets";
import { text } from "@/lib/text";

import { nameOf, type Report } from "../lib/theme";

const { themes } = text;

/** Every theme with what it weighs; each leads to its messages. */
export function ThemeTable({ report, period }: { report: Report; period: Period }) {
  const head = [
    themes.theme,
    themes.messages,
    themes.share,
    themes.satisfaction,
    themes.sentiment,
    themes.impact,
    themes.lift,
  ];
  return (
    <Box
      title={themes.table}
      hint={themes.tableHint}
      isFlush
      actions={
        <DownloadButton
          file="evosense-temas.csv"
          rows={() => [
            head,
            ...report.themes.map((theme) => [
              nameOf(theme),
              theme.n,
              theme.share,
              theme.satisfaction_mean,
              theme.sentiment_mean,
              theme.impact,
              theme.lift,
            ]),
          ]}
        />
      }
    >
      <DataTable
        label={themes.table}
        rows={report.themes}
        keyOf={(theme) => theme.theme_id ?? "none"}
        columns={[
          {
            key: "theme",
            head: themes.theme,
            cell: (theme) => (
              <span className="flex min-w-48 flex-wrap items-center gap-2">
                {theme.theme_id ? (
                  <Link
                    to={scoredMessagesPath(period, { tema: theme.theme_id })}
                    className="text-accent-foreground hover:underline"
                  >
                    {nameOf(theme)}
                  </Link>
                ) : (
                  <span className="font-normal text-muted-foreground">{nameOf(theme)}</span>
                )}
                {theme.is_emerging && <Badge variant="warn">{themes.emerging}</Badge>}
              </span>
            ),
          },
          { key: "n", head: themes.messages, cell: (theme) => integer(theme.n), isNumber: true },
          {
            key: "share",
            head: themes.share,
            cell: (theme) => percent(theme.share * 100),
            isNumber: true,
          },
          {
            key: "satisfaction",
            head: themes.satisfaction,
            cell: (theme) => decimal(theme.satisfaction_mean),
            isNumber: true,
          },
          {
            key: "sentiment",
            head: themes.sentiment,
            cell: (theme) => sentiment(theme.sentiment_mean),
            isNumber: true,
          },
          { key: "impact", head: themes.impact, cell: (theme) => signed(theme.impact), isNumber: true },
          {
            key: "lift",
            head: themes.lift,
            cell: (theme) => (theme.lift === null ? text.common.nothing : themes.times(decimal(theme.lift))),
            isNumber: true,
          },
        ]}
      />
    </Box>
  );
}
