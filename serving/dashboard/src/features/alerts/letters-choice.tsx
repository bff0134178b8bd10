import { useQuery } from "@tanstack/react-query";

import { Answered } from "@/components/answered";
import { Box } from "@/components/box";
import { Checkbox } from "@/components/ui/input";
import { useAction } from "@/lib/api/action";
import { http, unwrap } from "@/lib/api/client";
import { keys } from "@/lib/api/keys";
import { text } from "@/lib/text";

const { letters } = text.alerts;

/** Whether the person who looks wants alerts by mail. */
export function LettersChoice() {
  const found = useQuery({
    queryKey: keys.alertLetters,
    queryFn: ({ signal }) => unwrap(http.GET("/api/me/alert-letters", { signal })),
  });
  const choosing = useAction({
    act: (isWanted: boolean) => unwrap(http.PUT("/api/me/alert-letters", { body: { is_wanted: isWanted } })),
    renews: [keys.alertLetters],
    told: (choice) => (choice.is_wanted ? letters.on : letters.off),
  });
  return (
    <Box title={letters.title}>
      <Answered query={found}>
        {(choice) => (
          <div className="grid gap-1">
            <Checkbox
              label={letters.label}
              checked={choice.is_wanted}
              disabled={choosing.isPending || !(choice.is_possible || choice.is_wanted)}
              onChange={(event) => choosing.mutate(event.target.checked)}
            />
            {!choice.is_possible && <p className="text-[13px] text-muted-foreground">{letters.impossible}</p>}
          </div>
        )}
      </Answered>
    </Box>
  );
}
