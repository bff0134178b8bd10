import { type QueryKey, useMutation, useQueryClient } from "@tanstack/react-query";
import { useRef } from "react";
import { toast } from "sonner";

import { ApiProblem } from "@/lib/api/problem";
import { text } from "@/lib/text";

interface Action<Input, Output> {
  act: (input: Input) => Promise<Output>;
  /** What is read again afterwards. */
  renews?: readonly QueryKey[];
  /** What is told when it worked. */
  told?: string | ((output: Output) => string);
  then?: (output: Output, input: Input) => void;
  /** A refusal stands where it was asked for: in a dialog, what is told beside it is dimmed. */
  isToldInPlace?: boolean;
}

/**
 * Something a person does: told when it worked and, with the reason, when it did not. Asked for twice before the answer,
 * as by a double click, it is done once.
 */
export function useAction<Input = void, Output = unknown>({
  act,
  renews,
  told,
  then,
  isToldInPlace = false,
}: Action<Input, Output>) {
  const client = useQueryClient();
  // The button is disabled as well, but only once it is drawn again.
  const underWay = useRef<string | null>(null);
  const action = useMutation<Output, Error, Input>({
    mutationFn: act,
    onSuccess: async (output, input) => {
      if (told) toast.success(typeof told === "string" ? told : told(output));
      then?.(output, input);
      await Promise.all((renews ?? []).map((queryKey) => client.invalidateQueries({ queryKey })));
    },
    onError: (error) => {
      if (!isToldInPlace) toast.error(reasonOf(error));
    },
    onSettled: () => {
      underWay.current = null;
    },
  });
  const mutate: typeof action.mutate = (...given) => {
    const asked = JSON.stringify(given.slice(0, 1));
    if (underWay.current === asked) return;
    underWay.current = asked;
    action.mutate(...given);
  };
  return { ...action, mutate };
}

/** Codes whose words say all there is to say; behind others comes the API's own detail. */
const WHOLE = ["not_permitted", "not_authenticated", "rate_limited", "unreachable", "address_not_allowed"];

/** Why the API refused, in words; the API's own (English) sentence where it knows more than we do. */
export function reasonOf(error: Error): string {
  if (!(error instanceof ApiProblem)) return text.problems.failed;
  const known = text.problems.codes[error.code];
  const isGeneral = error.code in text.billing.codes || WHOLE.includes(error.code);
  if (known && isGeneral) return known;
  return known ? `${known} ${detailOf(error)}` : error.message;
}

/** Which field, and what is wrong with it; the sentence around it only points there. */
const detailOf = ({ fields, message }: ApiProblem): string =>
  fields.length === 0
    ? message
    : fields.map(({ field, reason }) => `${field.split(".").at(-1) ?? ""}: ${reason}`).join("; ");
