import { type ComponentProps, useEffect, useRef, useState } from "react";

import { readNumber, writeNumber } from "@/lib/format/numbers";
import { text } from "@/lib/text";

import { Input } from "./input";

interface NumberInputProps extends Omit<
  ComponentProps<"input">,
  "type" | "value" | "defaultValue" | "onChange" | "min" | "max"
> {
  min?: number;
  max?: number;
  defaultValue?: number;
  /** Null while there is none, or what is written is none between the bounds. */
  onNumber?: (value: number | null) => void;
}

/**
 * A number as the dashboard's language writes it. The browser's own field goes by the browser's language: an English one
 * takes no decimal comma. The form gets it under `name` as the API writes it.
 */
export function NumberInput({ name, min, max, defaultValue, onNumber, ...props }: NumberInputProps) {
  const element = useRef<HTMLInputElement>(null);
  const [written, setWritten] = useState(() => (defaultValue === undefined ? "" : writeNumber(defaultValue)));
  const fault = (words: string): string => faultOf(words, min, max);
  useEffect(() => element.current?.setCustomValidity(faultOf(written, min, max)), [written, min, max]);
  return (
    <>
      <Input
        {...props}
        ref={element}
        inputMode={min !== undefined && min >= 0 ? "decimal" : "text"}
        autoComplete="off"
        value={written}
        onChange={({ target }) => {
          setWritten(target.value);
          onNumber?.(fault(target.value) ? null : readNumber(target.value));
        }}
      />
      {name && <input type="hidden" name={name} value={readNumber(written) ?? ""} />}
    </>
  );
}

/** What is wrong with it, in words; "" for nothing, and for nothing written: whether that may be is said by `required`. */
function faultOf(written: string, min: number | undefined, max: number | undefined): string {
  if (written.trim() === "") return "";
  const value = readNumber(written);
  if (value === null) return text.common.notANumber(writeNumber(0.5));
  if (min !== undefined && value < min) return text.common.atLeast(writeNumber(min));
  if (max !== undefined && value > max) return text.common.atMost(writeNumber(max));
  return "";
}
