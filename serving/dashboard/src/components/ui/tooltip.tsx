import { Tooltip as Primitive } from "radix-ui";
import type { ReactNode } from "react";

export const TooltipProvider = Primitive.Provider;

/** `children` is one focusable element; the hint is also its description for screen readers. */
export function Tooltip({ hint, children }: { hint: string; children: ReactNode }) {
  return (
    <Primitive.Root delayDuration={200}>
      <Primitive.Trigger asChild>{children}</Primitive.Trigger>
      <Primitive.Portal>
        <Primitive.Content
          data-slot="tooltip"
          sideOffset={6}
          collisionPadding={12}
          className="z-50 max-w-72 animate-in rounded-lg border bg-popover px-3 py-2 text-[13px] text-popover-foreground shadow-md fade-in-0"
        >
          {hint}
        </Primitive.Content>
      </Primitive.Portal>
    </Primitive.Root>
  );
}
