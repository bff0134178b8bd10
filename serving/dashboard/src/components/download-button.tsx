import { Download } from "lucide-react";

import { Button } from "@/components/ui/button";
import { download, toCsv } from "@/lib/format/csv";
import { text } from "@/lib/text";

interface DownloadButtonProps {
  file: string;
  rows: () => (string | number | null)[][];
}

/** What is shown, as a file. */
export function DownloadButton({ file, rows }: DownloadButtonProps) {
  return (
    <Button variant="ghost" size="sm" onClick={() => download(file, toCsv(rows()))}>
      <Download aria-hidden="true" />
      {text.charts.download}
    </Button>
  );
}
