import { Download } from "lucide-react";
import { toast } from "sonner";

import { Button } from "@/components/ui/button";
import { reasonOf } from "@/lib/api/action";
import { download, toCsv } from "@/lib/format/csv";
import { text } from "@/lib/text";

type Rows = (string | number | null)[][];

interface DownloadButtonProps {
  file: string;
  /** Asked for when somebody wants them. */
  rows: () => Rows | Promise<Rows>;
}

/** What is shown, as a file. */
export function DownloadButton({ file, rows }: DownloadButtonProps) {
  const save = async (): Promise<void> => {
    try {
      download(file, toCsv(await rows()));
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      toast.error(reasonOf(error));
    }
  };
  return (
    <Button variant="ghost" size="sm" onClick={() => void save()}>
      <Download aria-hidden="true" />
      {text.charts.download}
    </Button>
  );
}
