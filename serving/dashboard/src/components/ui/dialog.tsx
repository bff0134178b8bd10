import { X } from "lucide-react";
import { type KeyboardEvent, type ReactNode, useEffect, useId, useRef, useState } from "react";

import { cn } from "@/lib/cn";
import { text } from "@/lib/text";

import { Button } from "./button";

interface DialogProps {
  isOpen: boolean;
  onClose: () => void;
  title: string;
  /** `sheet` comes from the left edge, for navigation on phones. */
  form?: "centre" | "wide" | "sheet";
  children: ReactNode;
}

/**
 * The browser's own modal dialog: focus stays inside, Escape, its cross and a click beside it close it, the page behind is
 * inert. Once something was written in it, closing is asked about first.
 */
export function Dialog({ isOpen, onClose, title, form = "centre", children }: DialogProps) {
  const element = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  const hasWords = useRef(false);
  const isPressedBeside = useRef(false);
  const [isAsking, setIsAsking] = useState(false);
  const leave = (): void => {
    if (hasWords.current) setIsAsking(true);
    else onClose();
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== "Escape" || event.defaultPrevented) return;
    // Not at `cancel` alone: browsers close at the second Escape, whatever is said there.
    event.preventDefault();
    if (isAsking) setIsAsking(false);
    else leave();
  };
  useEffect(() => {
    hasWords.current = false;
    const dialog = element.current;
    if (!dialog) return;
    if (isOpen && !dialog.open) dialog.showModal();
    if (!isOpen && dialog.open) dialog.close();
  }, [isOpen]);
  // What was asked about is gone with the dialog.
  if (!isOpen && isAsking) setIsAsking(false);
  return (
    // eslint-disable-next-line jsx-a11y-x/no-noninteractive-element-interactions -- a click beside it and Escape close it
    <dialog
      ref={element}
      data-slot="dialog"
      aria-labelledby={titleId}
      onClose={onClose}
      onCancel={(event) => {
        // A phone's way back.
        event.preventDefault();
        leave();
      }}
      onKeyDown={onKeyDown}
      onInput={() => {
        hasWords.current = true;
      }}
      onPointerDown={(event) => {
        isPressedBeside.current = event.target === event.currentTarget;
      }}
      onClick={(event) => {
        // Who marks words and lets go beside the dialog has not clicked there.
        const isBeside = event.target === event.currentTarget && isPressedBeside.current;
        if (isBeside) leave();
      }}
      className={cn(
        "border bg-card p-0 text-card-foreground shadow-xl backdrop:bg-black/50",
        form === "sheet"
          ? "m-0 h-dvh max-h-none w-72 max-w-[85vw] rounded-r-2xl open:animate-in open:slide-in-from-left"
          : "m-auto rounded-2xl open:animate-in open:fade-in-0 open:zoom-in-95",
        form === "centre" && "w-[min(32rem,calc(100vw-2rem))]",
        form === "wide" && "w-[min(56rem,calc(100vw-2rem))]",
      )}
    >
      {isOpen && (
        <>
          <div className="flex items-center justify-between gap-4 px-5 pt-4 pb-2">
            <h2 id={titleId} className="font-semibold">
              {title}
            </h2>
            <Button variant="ghost" size="icon" onClick={leave} aria-label={text.common.close}>
              <X />
            </Button>
          </div>
          {isAsking && <Question onStay={() => setIsAsking(false)} onLeave={onClose} />}
          <div className="px-5 pb-5">{children}</div>
        </>
      )}
    </dialog>
  );
}

/** Whether what was written may go; in view wherever the dialog is scrolled to. */
function Question({ onStay, onLeave }: { onStay: () => void; onLeave: () => void }) {
  const [before] = useState(() => document.activeElement);
  // Whoever stays goes on where they wrote.
  useEffect(() => () => (before instanceof HTMLElement ? before.focus() : undefined), [before]);
  return (
    <div
      role="alert"
      className="sticky top-0 z-10 mb-3 flex flex-wrap items-center gap-2 border-y bg-warn-soft px-5 py-2.5 text-sm"
    >
      <p className="mr-auto font-medium">{text.common.discard}</p>
      {/* eslint-disable-next-line jsx-a11y-x/no-autofocus -- who pressed Escape goes on by keyboard */}
      <Button size="sm" variant="outline" autoFocus onClick={onStay}>
        {text.common.keepWriting}
      </Button>
      <Button size="sm" variant="danger" onClick={onLeave}>
        {text.common.discardIt}
      </Button>
    </div>
  );
}
