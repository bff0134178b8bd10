import { useQuery } from "@tanstack/react-query";
import { Plus, X } from "lucide-react";
import { type SubmitEvent, useState } from "react";

import { Answered } from "@/components/answered";
import { Box } from "@/components/box";
import { SettingsPage } from "@/components/settings-page";
import { Button } from "@/components/ui/button";
import { Field, Input, Textarea } from "@/components/ui/input";
import { useAction } from "@/lib/api/action";
import { http, type Schemas, unwrap } from "@/lib/api/client";
import { keys } from "@/lib/api/keys";
import { isDay } from "@/lib/format/days";
import { useMe } from "@/lib/session/me";
import { text } from "@/lib/text";

const { hours } = text.insight;

export function HoursPage() {
  const { id } = useMe().tenant;
  const found = useQuery({
    queryKey: keys.hours,
    queryFn: ({ signal }) =>
      unwrap(
        http.GET("/api/tenants/{tenant_id}/business-hours", { params: { path: { tenant_id: id } }, signal }),
      ),
    refetchOnWindowFocus: false,
  });
  return (
    <SettingsPage>
      <Answered query={found}>{(calendar) => <Editor calendar={calendar} tenantId={id} />}</Answered>
    </SettingsPage>
  );
}

interface Opening {
  weekday: number;
  opens: string;
  closes: string;
}

const MIDNIGHT = "00:00";
const short = (time: string): string => time.slice(0, 5);

function Editor({ calendar, tenantId }: { calendar: Schemas["Calendar"]; tenantId: string }) {
  const isAdmin = useMe().role === "admin";
  const [openings, setOpenings] = useState<readonly Opening[]>(() =>
    calendar.openings.map((each) => ({
      weekday: each.weekday,
      opens: short(each.opens),
      closes: each.closes ? short(each.closes) : MIDNIGHT,
    })),
  );
  const [holidays, setHolidays] = useState(() =>
    calendar.holidays.map((each) => `${each.local_day} ${each.name}`.trim()).join("\n"),
  );
  const saving = useAction({
    act: (body: Schemas["NewCalendar"]) =>
      unwrap(
        http.PUT("/api/tenants/{tenant_id}/business-hours", {
          params: { path: { tenant_id: tenantId } },
          body,
        }),
      ),
    renews: [keys.hours, keys.daily],
    told: hours.saved,
  });
  const lines = holidays.split("\n").filter((line) => line.trim());
  const wrong = lines.find((line) => !isDay(line.trim().slice(0, 10)));
  const submit = (event: SubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    saving.mutate({
      openings: openings.map((each) => ({ ...each, closes: each.closes === MIDNIGHT ? null : each.closes })),
      holidays: lines.map((line) => ({
        local_day: line.trim().slice(0, 10),
        name: line.trim().slice(10).trim(),
      })),
    });
  };
  const change = (old: Opening, part: Partial<Opening>): void =>
    setOpenings(openings.map((each) => (each === old ? { ...each, ...part } : each)));
  return (
    <form onSubmit={submit}>
      <fieldset disabled={!isAdmin} className="grid gap-5">
        <Box
          title={hours.title}
          hint={`${hours.hint} (${calendar.timezone})`}
          actions={
            isAdmin &&
            openings.length === 0 && (
              <Button variant="outline" size="sm" onClick={() => setOpenings(WORKING_WEEK)}>
                {hours.fill}
              </Button>
            )
          }
        >
          <ul className="grid gap-1">
            {hours.weekdays.map((name, place) => (
              <Weekday
                key={name}
                name={name}
                openings={openings.filter((each) => each.weekday === place + 1)}
                onAdd={() =>
                  setOpenings([...openings, { weekday: place + 1, opens: "09:00", closes: "18:00" }])
                }
                onChange={change}
                onRemove={(gone) => setOpenings(openings.filter((each) => each !== gone))}
              />
            ))}
          </ul>
        </Box>
        <Box title={hours.holidays}>
          <Field label={hours.holidays} htmlFor="holidays" hint={hours.holidaysHint}>
            <Textarea
              id="holidays"
              rows={6}
              value={holidays}
              aria-invalid={wrong !== undefined}
              onChange={(event) => setHolidays(event.target.value)}
            />
          </Field>
          {wrong !== undefined && (
            <p role="alert" className="mt-2 text-sm text-bad">
              {hours.wrongHoliday(wrong)}
            </p>
          )}
        </Box>
        {isAdmin && (
          <Button
            type="submit"
            className="justify-self-end"
            disabled={saving.isPending || wrong !== undefined}
          >
            {text.common.save}
          </Button>
        )}
      </fieldset>
    </form>
  );
}

/** Where most companies begin. */
const WORKING_WEEK: Opening[] = [1, 2, 3, 4, 5].map((weekday) => ({
  weekday,
  opens: "09:00",
  closes: "18:00",
}));

interface WeekdayProps {
  name: string;
  openings: readonly Opening[];
  onAdd: () => void;
  onChange: (opening: Opening, part: Partial<Opening>) => void;
  onRemove: (opening: Opening) => void;
}

function Weekday({ name, openings, onAdd, onChange, onRemove }: WeekdayProps) {
  return (
    <li className="flex flex-wrap items-center gap-3 text-sm">
      <span className="w-20 font-medium">{name}</span>
      {openings.length === 0 && <span className="w-28 text-muted-foreground">{hours.closed}</span>}
      {openings.map((each, place) => (
        <span key={place} className="flex items-center gap-1.5">
          <Input
            type="time"
            required
            aria-label={`${name}: ${hours.opens}`}
            className="w-28"
            value={each.opens}
            onChange={(event) => onChange(each, { opens: event.target.value })}
          />
          –
          <Input
            type="time"
            required
            aria-label={`${name}: ${hours.closes}`}
            className="w-28"
            value={each.closes}
            onChange={(event) => onChange(each, { closes: event.target.value })}
          />
          <Button
            variant="ghost"
            size="icon"
            aria-label={`${name}: ${hours.remove}`}
            onClick={() => onRemove(each)}
          >
            <X />
          </Button>
        </span>
      ))}
      <Button variant="ghost" size="icon" aria-label={`${name}: ${hours.add}`} onClick={onAdd}>
        <Plus />
      </Button>
    </li>
  );
}
