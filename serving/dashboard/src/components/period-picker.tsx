import { Segmented } from "@/components/ui/segmented";
import { text } from "@/lib/text";

import { labelOf, type PeriodName, PERIODS } from "@/lib/period/period";

const OPTIONS = PERIODS.map((name) => ({ value: name, label: labelOf(name) }));

export function PeriodPicker({
  value,
  onChange,
}: {
  value: PeriodName;
  onChange: (name: PeriodName) => void;
}) {
  return <Segmented label={text.period.label} value={value} options={OPTIONS} onChange={onChange} />;
}
