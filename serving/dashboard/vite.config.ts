import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

import { precompress } from "./build/precompress.ts";
import { sonnerStyles } from "./build/sonner-styles.ts";

// Where the API of a running demo is, for `npm run dev`.
const API = "http://127.0.0.1:8000";

export default defineConfig({
  plugins: [sonnerStyles(), react(), tailwindcss(), precompress()],
  resolve: { tsconfigPaths: true },
  server: {
    port: 3400,
    strictPort: true,
    proxy: { "/api": { target: API }, "/ws": { target: API, ws: true } },
  },
  build: {
    target: "baseline-widely-available",
    sourcemap: "hidden",
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [{ name: "react", test: /node_modules[\\/](react|react-dom|scheduler|react-router)[\\/]/ }],
        },
      },
    },
  },
  test: { environment: "jsdom", setupFiles: ["./src/test/setup.ts"], css: false, testTimeout: 60_000 },
});
