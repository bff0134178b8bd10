import { useQueryClient } from "@tanstack/react-query";
import { CloudOff, Inbox, Lock, type LucideIcon, SearchX, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { Link } from "react-router";

import { Button } from "@/components/ui/button";
import { ApiProblem } from "@/lib/api/problem";
import { cn } from "@/lib/cn";
import { text } from "@/lib/text";

interface NoticeProps {
  icon?: LucideIcon;
  title: string;
  hint?: string;
  className?: string;
  role?: "alert" | "status";
  children?: ReactNode;
}

/** What stands where content would: why there is none, and what to do. */
export function Notice({ icon: Icon = Inbox, title, hint, className, role, children }: NoticeProps) {
  return (
    <div
      role={role}
      className={cn("flex flex-col items-center justify-center gap-2 px-6 py-12 text-center", className)}
    >
      <span className="mb-1 grid size-12 place-items-center rounded-full bg-secondary text-muted-foreground">
        <Icon className="size-5" aria-hidden="true" />
      </span>
      <p className="font-medium">{title}</p>
      {hint && <p className="max-w-sm text-sm text-balance text-muted-foreground">{hint}</p>}
      {children && <div className="mt-3 flex flex-wrap justify-center gap-2">{children}</div>}
    </div>
  );
}

/** Refusals that the subscription, not the person's role, is the reason of. */
const STOPS: Record<string, string> = {
  subscription_required: text.billing.stopped,
  read_only: text.billing.readOnly,
  product_not_included: text.billing.notIncluded,
};

/** The right notice for an error, with the next step. */
export function ErrorNotice({
  error,
  onRetry,
  className,
}: {
  error: Error;
  onRetry: () => void;
  className?: string;
}) {
  const { states } = text;
  const problem = error instanceof ApiProblem ? error : null;
  const place = className === undefined ? {} : { className };
  const stop = problem && STOPS[problem.code];
  if (problem && stop) {
    return (
      <Notice
        icon={Lock}
        title={stop}
        {...(text.billing.codes[problem.code] && { hint: text.billing.codes[problem.code] })}
        role="alert"
        {...place}
      >
        <Button asChild variant="outline">
          <Link to="/billing">{text.billing.openBilling}</Link>
        </Button>
      </Notice>
    );
  }
  if (problem?.status === 403) {
    return (
      <Notice icon={Lock} title={states.forbidden} hint={states.forbiddenHint} role="alert" {...place} />
    );
  }
  // 422: the address that was opened asks for what can't be.
  if (problem?.status === 404 || problem?.status === 422) {
    return (
      <Notice icon={SearchX} title={states.notFound} hint={states.notFoundHint} role="alert" {...place} />
    );
  }
  const [icon, title, hint] =
    problem?.status === 0
      ? ([CloudOff, states.unreachable, states.unreachableHint] as const)
      : problem?.status === 503 || problem?.status === 429
        ? ([CloudOff, states.busy, states.busyHint] as const)
        : ([TriangleAlert, states.failed, states.failedHint] as const);
  return (
    <Notice icon={icon} title={title} hint={hint} role="alert" {...place}>
      <Button variant="outline" onClick={onRetry}>
        {states.retry}
      </Button>
      {problem?.requestId && (
        <p className="w-full text-xs text-muted-foreground">{states.code(problem.requestId)}</p>
      )}
    </Notice>
  );
}

export function NotFound() {
  return (
    <Notice
      icon={SearchX}
      title={text.states.notFound}
      hint={text.states.notFoundHint}
      className="min-h-[60vh]"
    >
      <Button asChild variant="outline">
        <Link to="/">{text.states.goHome}</Link>
      </Button>
    </Notice>
  );
}

/** A thin line above data that could not be renewed. */
export function StaleNotice() {
  const client = useQueryClient();
  return (
    <p
      role="status"
      className="flex flex-wrap items-center gap-x-3 gap-y-1 rounded-lg bg-warn-soft px-4 py-2 text-sm text-warn"
    >
      <TriangleAlert className="size-4" aria-hidden="true" />
      {text.states.outdated}
      <button
        type="button"
        className="font-medium underline underline-offset-4"
        onClick={() => void client.invalidateQueries()}
      >
        {text.states.retry}
      </button>
    </p>
  );
}
