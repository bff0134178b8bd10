import { type ComponentProps, useEffect, useRef } from "react";

import type { DayText } from "@/lib/format/days";

import { Input } from "./input";

interface DayInputProps extends Omit<
  ComponentProps<"input">,
  "type" | "value" | "defaultValue" | "onChange"
> {
  value: DayText | null;
  /** A whole day, or null once it was emptied. */
  onDay: (day: DayText | null) => void;
}

const EARLIEST = "1900-01-01";

/**
 * A day that can be typed. The browser calls 0002-11-25 a day while somebody types the year 2026, and writing anything
 * back then would empty the field: so nothing is told before the year is whole.
 */
export function DayInput({ value, onDay, ...props }: DayInputProps) {
  const element = useRef<HTMLInputElement>(null);
  const shown = value ?? "";
  useEffect(() => {
    if (element.current && element.current.value !== shown) element.current.value = shown;
  }, [shown]);
  return (
    <Input
      {...props}
      ref={element}
      type="date"
      defaultValue={shown}
      onChange={({ target }) => {
        if (target.value >= EARLIEST) onDay(target.value);
        else if (target.value === "" && !target.validity.badInput) onDay(null);
      }}
      onBlur={({ target }) => {
        // What was left half typed is not what is shown.
        if (target.value !== shown || target.validity.badInput) target.value = shown;
      }}
    />
  );
}
