import { Box } from "@/components/box";
import { Facts } from "@/components/facts";
import { SettingsPage as Frame } from "@/components/settings-page";
import { Shortcuts } from "@/components/shortcuts";
import { Segmented } from "@/components/ui/segmented";
import { useMe } from "@/lib/session/me";
import { text } from "@/lib/text";
import { chooseLanguage, type Language, language, LANGUAGES } from "@/lib/text/language";
import { chooseTheme, type Theme, useTheme } from "@/lib/theme/theme";

import { CompanyForm } from "./components/company-form";
import { PasswordForm } from "./components/password-form";

const { settings } = text;
const THEMES: { value: Theme; label: string }[] = [
  { value: "system", label: settings.themes.system },
  { value: "light", label: settings.themes.light },
  { value: "dark", label: settings.themes.dark },
];

const SPOKEN = (Object.keys(LANGUAGES) as Language[]).map((value) => ({ value, label: LANGUAGES[value] }));

export function SettingsPage() {
  const me = useMe();
  const theme = useTheme((chosen) => chosen.theme);
  return (
    <Frame>
      <div className="grid items-start gap-5 md:grid-cols-2">
        <Box title={settings.profile}>
          <Facts
            facts={[
              [settings.name, me.name],
              [settings.email, me.email],
              [settings.role, text.roles[me.role] ?? me.role],
            ]}
          />
        </Box>
        <Box title={settings.company}>
          <Facts
            facts={[
              [settings.companyName, me.tenant.name],
              [settings.plan, me.tenant.plan],
              [settings.status, settings.statuses[me.tenant.status] ?? me.tenant.status],
              [settings.timezone, me.tenant.timezone],
            ]}
          />
          <p className="mt-3 text-[13px] text-muted-foreground">{settings.timezoneHint}</p>
        </Box>
        {me.role === "admin" && <CompanyForm tenantId={me.tenant.id} />}
        <PasswordForm />
        <Box title={settings.theme}>
          <Segmented label={settings.theme} value={theme} options={THEMES} onChange={chooseTheme} />
          <p className="mt-3 text-[13px] text-muted-foreground">{settings.themeHint}</p>
        </Box>
        <Box title={settings.language}>
          <Segmented label={settings.language} value={language} options={SPOKEN} onChange={chooseLanguage} />
          <p className="mt-3 text-[13px] text-muted-foreground">{settings.languageHint}</p>
        </Box>
        <Box title={settings.keyboard}>
          <Shortcuts />
        </Box>
      </div>
    </Frame>
  );
}
