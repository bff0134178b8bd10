import { useEffect, useId, useRef } from "react";

import { Button } from "@/components/ui/button";
import { LoginForm } from "@/features/login/login-form";
import type { Me } from "@/lib/session/me";
import { forget } from "@/lib/session/session";
import { text } from "@/lib/text";

const { session } = text;

/**
 * The session ended while a page was open: the same person logs in above it, which covers it, and goes on where they were.
 */
export function Reentry({ me }: { me: Me }) {
  const element = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  useEffect(() => {
    const dialog = element.current;
    // Modal, as a dialog of the page may be open, which only another one gets above.
    if (dialog && !dialog.open) dialog.showModal();
    dialog?.querySelector<HTMLInputElement>("[name=password]")?.focus();
  }, []);
  return (
    <dialog
      ref={element}
      aria-labelledby={titleId}
      // There is nothing to go back to: Escape does not close it, nor does a second one, which browsers don't ask about.
      onCancel={(event) => event.preventDefault()}
      onClose={(event) => event.currentTarget.showModal()}
      className="m-auto w-[min(24rem,calc(100vw-2rem))] rounded-2xl border bg-card p-7 text-card-foreground shadow-xl backdrop:bg-background"
    >
      <h2 id={titleId} className="text-xl font-semibold tracking-tight">
        {session.ended}
      </h2>
      <p className="mt-1 mb-5 text-sm text-muted-foreground">{session.endedHint}</p>
      <LoginForm knownEmail={me.email} />
      <Button variant="ghost" className="mt-2 w-full" onClick={forget}>
        {session.somebodyElse}
      </Button>
    </dialog>
  );
}
