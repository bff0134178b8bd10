import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

import type { Plugin } from "vite";

const SMALLEST_BYTES = 1024;
const WORTH_IT = /\.(js|css|html|svg)$/;

/** Puts a gzipped copy beside each text file, so that the API sends bytes instead of compressing per request. */
export function precompress(): Plugin {
  return {
    name: "precompress",
    apply: "build",
    // After every other plugin has written, since some of them change chunks until the end.
    writeBundle: {
      order: "post",
      sequential: true,
      async handler({ dir = "dist" }) {
        const files = await readdir(dir, { recursive: true });
        for (const file of files.filter((name) => WORTH_IT.test(name))) {
          const bytes = await readFile(join(dir, file));
          if (bytes.length >= SMALLEST_BYTES)
            await writeFile(join(dir, `${file}.gz`), gzipSync(bytes, { level: 9 }));
        }
      },
    },
  };
}
