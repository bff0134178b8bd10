import { Card } from "@/components/ui/card";
import { Skeleton } from "@/components/ui/skeleton";
import { text } from "@/lib/text";

/** As tall as what comes, so that nothing jumps. */
export function ChartSkeleton() {
  return (
    <Card role="status" aria-label={text.charts.loading} className="grid gap-4 p-5">
      <Skeleton className="h-5 w-64 max-w-full" />
      <Skeleton className="h-64 w-full" />
    </Card>
  );
}
