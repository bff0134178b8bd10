import { ArrowLeft } from "lucide-react";
import { useNavigate } from "react-router";

import { Button } from "@/components/ui/button";
import { text } from "@/lib/text";

/** Back to where one came from; who opened the address directly goes to `otherwise`, and stays in the application. */
export function BackButton({ otherwise }: { otherwise: string }) {
  const navigate = useNavigate();
  const goBack = (): void => void (cameFromHere() ? navigate(-1) : navigate(otherwise));
  return (
    <Button variant="outline" size="sm" onClick={goBack}>
      <ArrowLeft aria-hidden="true" />
      {text.chat.back}
    </Button>
  );
}

/** React Router numbers the entries of a tab that are its own, from 0; going to the log-in and back keeps the number. */
function cameFromHere(): boolean {
  const state = window.history.state as { idx?: number } | null;
  return (state?.idx ?? 0) > 0;
}
