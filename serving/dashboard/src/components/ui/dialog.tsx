import { X } from "lucide-react";
import { type ReactNode, useEffect, useId, useRef } from "react";

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
 * The browser's own modal dialog: focus stays inside, Escape closes, the page behind is inert. A click beside it closes
 * it too, unless something was written in it.
 */
export function Dialog({ isOpen, onClose, title, form = "centre", children }: DialogProps) {
  const element = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  const hasWords = useRef(false);
  const isPressedBeside = useRef(false);
  useEffect(() => {
    hasWords.current = false;
    const dialog = element.current;
    if (!dialog) return;
    if (isOpen && !dialog.open) dialog.showModal();
    if (!isOpen && dialog.open) dialog.close();
  }, [isOpen]);
  return (
    // eslint-disable-next-line jsx-a11y-x/no-noninteractive-element-interactions, jsx-a11y-x/click-events-have-key-events -- a click beside it closes; for keys there is Escape
    <dialog
      ref={element}
      data-slot="dialog"
      aria-labelledby={titleId}
      onClose={onClose}
      onInput={() => {
        hasWords.current = true;
      }}
      onPointerDown={(event) => {
        isPressedBeside.current = event.target === event.currentTarget;
      }}
      onClick={(event) => {
        // Who marks words and lets go beside the dialog has not clicked there.
        const isBeside = event.target === event.currentTarget && isPressedBeside.current;
        if (isBeside && !hasWords.current) onClose();
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
            <Button variant="ghost" size="icon" onClick={onClose} aria-label={text.common.close}>
              <X />
            </Button>
          </div>
          <div className="px-5 pb-5">{children}</div>
        </>
      )}
    </dialog>
  );
}
