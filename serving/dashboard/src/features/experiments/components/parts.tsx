import { Badge } from "@/components/ui/badge";
import { NavTabs } from "@/components/nav-tabs";
import { text } from "@/lib/text";

const { tabs, runs, report } = text.experiments;
const TABS = [
  { to: "/experimentos", label: tabs.runs },
  { to: "/experimentos/prompts", label: tabs.prompts },
  { to: "/experimentos/sombras", label: tabs.shadows },
];

export const ExperimentTabs = () => <NavTabs label={tabs.label} tabs={TABS} />;

const STATE = { done: "good", failed: "bad", canceled: "plain", running: "accent" } as Record<
  string,
  "good" | "bad" | "plain" | "accent"
>;

export const RunState = ({ state }: { state: string }) => (
  <Badge variant={STATE[state] ?? "plain"}>{runs.states[state] ?? state}</Badge>
);

const OUTCOME = { pass: "good", fail: "bad", undecided: "warn" } as const;

export const OutcomeBadge = ({ outcome }: { outcome: string }) => (
  <Badge
    variant={outcome in OUTCOME ? OUTCOME[outcome as keyof typeof OUTCOME] : "plain"}
    data-outcome={outcome}
  >
    {report.outcomes[outcome] ?? outcome}
  </Badge>
);
