import { useEffect, useRef } from "react";

import { cn } from "@/lib/cn";

/** A figure that lights up when it changes; equal widths of digits keep everything else where it is. */
export function MovingNumber({ value, className }: { value: string; className?: string }) {
  const element = useRef<HTMLSpanElement>(null);
  const before = useRef(value);
  useEffect(() => {
    if (before.current === value) return;
    before.current = value;
    const span = element.current;
    span?.classList.remove("animate-moved");
    // Reading the size makes the browser see the removal, so that the animation begins anew.
    span?.getBoundingClientRect();
    span?.classList.add("animate-moved");
  }, [value]);
  return (
    <span ref={element} className={cn("-mx-1 rounded-md px-1 tabular-nums", className)}>
      {value}
    </span>
  );
}
