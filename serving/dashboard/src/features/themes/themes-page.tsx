import { useQuery } from "@tanstack/react-query";
import { Lightbulb } from "lucide-react";
import { useSearchParams } from "react-router";

import { Answered, CardSkeleton } from "@/components/answered";
import { Page } from "@/components/page";
import { PeriodPicker } from "@/components/period-picker";
import { Notice } from "@/components/states";
import { Badge } from "@/components/ui/badge";
import { Card } from "@/components/ui/card";
import { themesQuery } from "@/lib/api/queries";
import { integer, signed } from "@/lib/format/numbers";
import { isPeriod, type Period, type PeriodName, periodOf } from "@/lib/period/period";
import { useMe } from "@/lib/session/me";
import { text } from "@/lib/text";

import { Drivers } from "./components/drivers";
import { ThemeTable } from "./components/theme-table";
import type { Report } from "./lib/theme";

const { themes } = text;
const DEFAULT: PeriodName = "30";

/** What customers talk about, and what of it pulls the score up or down. */
export function ThemesPage() {
  const { tenant } = useMe();
  const [search, setSearch] = useSearchParams();
  const wanted = search.get("periodo");
  const name = isPeriod(wanted) ? wanted : DEFAULT;
  const period = periodOf(name, tenant.timezone).now;
  const found = useQuery(themesQuery(tenant.id, period));
  return (
    <Page
      title={themes.title}
      subtitle={themes.subtitle}
      actions={
        <PeriodPicker
          value={name}
          onChange={(chosen) =>
            setSearch(chosen === DEFAULT ? {} : { periodo: chosen }, {
              replace: true,
              preventScrollReset: true,
            })
          }
        />
      }
    >
      <Answered query={found} loading={<CardSkeleton lines={8} />}>
        {(report) => <Body report={report} period={period} />}
      </Answered>
    </Page>
  );
}

function Body({ report, period }: { report: Report; period: Period }) {
  const hasThemes = report.themes.some((theme) => theme.theme_id !== null);
  if (!hasThemes) {
    return (
      <Card>
        <Notice icon={Lightbulb} title={themes.empty} hint={themes.emptyHint} />
      </Card>
    );
  }
  const emerging = report.themes.filter((theme) => theme.is_emerging);
  return (
    <>
      <div className="flex flex-wrap items-center gap-2 text-sm">
        <Badge variant="accent">
          {themes.net(`${signed(report.net_sentiment)} ${text.overview.points}`)}
        </Badge>
        <Badge>{themes.rests(integer(report.scored))}</Badge>
        {emerging.length > 0 && <Badge variant="warn">{themes.emergingCount(emerging.length)}</Badge>}
      </div>
      <Drivers report={report} period={period} />
      <ThemeTable report={report} period={period} />
    </>
  );
}
