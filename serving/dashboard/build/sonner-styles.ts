import type { Plugin } from "vite";

const INJECTION = /__insertCSS\("(?:[^"\\]|\\.)*"\);?/;

/**
 * Takes the `<style>` injection out of sonner, because our content policy allows style sheets from files only.
 * `src/index.css` imports the same rules from sonner's own file.
 */
export function sonnerStyles(): Plugin {
  return {
    name: "sonner-styles",
    enforce: "pre",
    apply: "build",
    transform(code, id) {
      if (!/node_modules[\\/]sonner[\\/]dist[\\/]index\.mjs$/.test(id)) return null;
      if (!INJECTION.test(code)) throw new Error("sonner inserts its styles in another way now; see build/");
      return { code: code.replace(INJECTION, ""), map: null };
    },
  };
}
