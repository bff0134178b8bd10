import { useQuery } from "@tanstack/react-query";
import type { SubmitEvent } from "react";

import { Answered } from "@/components/answered";
import { Box } from "@/components/box";
import { Button } from "@/components/ui/button";
import { Field, Input, Select } from "@/components/ui/input";
import { useAction } from "@/lib/api/action";
import { http, type Schemas } from "@/lib/api/client";
import { ok } from "@/lib/api/ok";
import { ApiProblem } from "@/lib/api/problem";
import { wordsIn } from "@/lib/format/form";
import { text } from "@/lib/text";

const { company } = text;
const LOCALES = ["pt-BR", "en", "es"] as const;
const KEY = ["company"];

/** The company as administrators change it; two who change it at once do not undo each other. */
export function CompanyForm({ tenantId }: { tenantId: string }) {
  const params = { params: { path: { tenant_id: tenantId } } };
  const found = useQuery({
    queryKey: KEY,
    queryFn: async ({ signal }) => {
      const { data, error, response } = await http.GET("/api/tenants/{tenant_id}", { ...params, signal });
      if (!data) throw ApiProblem.of(response, error);
      return { details: data, etag: response.headers.get("ETag") };
    },
    refetchOnWindowFocus: false,
  });
  const saving = useAction({
    act: (change: Schemas["CompanyChange"]) =>
      ok(
        http.PATCH("/api/tenants/{tenant_id}", {
          ...params,
          body: change,
          headers: found.data?.etag ? { "If-Match": found.data.etag } : {},
        }),
      ),
    renews: [KEY, ["me"]],
    told: company.saved,
  });
  const submit = (event: SubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const word = wordsIn(event.currentTarget);
    saving.mutate({
      name: word("name"),
      timezone: word("timezone"),
      locale: LOCALES.find((each) => each === word("locale")) ?? "pt-BR",
    });
  };
  return (
    <Box title={company.title}>
      <Answered query={found}>
        {({ details, etag }) => (
          <form key={etag} onSubmit={submit} className="grid gap-4">
            <Field label={company.name} htmlFor="company-name">
              <Input id="company-name" name="name" required maxLength={160} defaultValue={details.name} />
            </Field>
            <Field label={company.timezone} htmlFor="company-zone" hint={text.settings.timezoneHint}>
              <Select id="company-zone" name="timezone" defaultValue={details.timezone}>
                {zonesWith(details.timezone).map((zone) => (
                  <option key={zone} value={zone}>
                    {zone}
                  </option>
                ))}
              </Select>
            </Field>
            <Field label={company.locale} htmlFor="company-locale">
              <Select id="company-locale" name="locale" defaultValue={details.locale}>
                {LOCALES.map((each) => (
                  <option key={each} value={each}>
                    {company.locales[each]}
                  </option>
                ))}
              </Select>
            </Field>
            {saving.error instanceof ApiProblem && saving.error.status === 412 && (
              <p role="alert" className="text-sm text-bad">
                {company.changedMeanwhile}
              </p>
            )}
            <Button type="submit" className="justify-self-end" disabled={saving.isPending}>
              {text.common.save}
            </Button>
          </form>
        )}
      </Answered>
    </Box>
  );
}

const zonesWith = (own: string): string[] => [...new Set([own, ...Intl.supportedValuesOf("timeZone")])];
