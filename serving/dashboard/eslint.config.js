import js from "@eslint/js";
import prettier from "eslint-config-prettier";
import jsxA11y from "eslint-plugin-jsx-a11y-x";
import hooks from "eslint-plugin-react-hooks";
import refresh from "eslint-plugin-react-refresh";
import { defineConfig, globalIgnores } from "eslint/config";
import globals from "globals";
import ts from "typescript-eslint";

// lib -> components -> features -> app; a feature knows no other feature.
const layers = (patterns, message) => ({
  "no-restricted-imports": ["error", { patterns: [{ group: patterns, message }] }],
});

export default defineConfig(
  globalIgnores(["dist", "node_modules", "src/lib/api/schema.d.ts"]),
  {
    files: ["**/*.{ts,tsx}"],
    extends: [js.configs.recommended, ts.configs.strictTypeChecked, ts.configs.stylisticTypeChecked],
    languageOptions: {
      globals: globals.browser,
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/consistent-type-definitions": ["error", "interface"],
      "@typescript-eslint/no-confusing-void-expression": [
        "error",
        { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true },
      ],
      "@typescript-eslint/no-misused-promises": ["error", { checksVoidReturn: { attributes: false } }],
      "max-lines": ["error", 300],
    },
  },
  {
    files: ["src/**/*.{ts,tsx}"],
    extends: [hooks.configs.flat["recommended-latest"], refresh.configs.vite, jsxA11y.configs.recommended],
    rules: {
      // A box that scrolls has to be reachable by keyboard.
      "jsx-a11y-x/no-noninteractive-tabindex": ["error", { tags: [], roles: ["tabpanel", "region"] }],
    },
  },
  {
    // Words that people see stand in src/lib/text, so that another language is another object there.
    files: ["src/**/*.tsx"],
    ignores: ["src/**/*.test.tsx", "src/test/**"],
    rules: {
      "no-restricted-syntax": [
        "error",
        ...[
          "JSXText[value=/\\p{L}/u]",
          "JSXExpressionContainer > Literal[value=/\\p{L}{2}/u]:not(JSXAttribute Literal)",
          "JSXAttribute[name.name=/^(aria-label|title|label|hint|alt|placeholder|head|subtitle)$/] > Literal[value=/\\p{L}/u]",
          "JSXAttribute[name.name=/^(aria-label|title|label|hint|alt|placeholder|head|subtitle)$/] TemplateElement[value.raw=/\\p{L}{2}/u]",
          "Property[key.name=/^(label|title|hint|head)$/] > Literal[value=/\\p{L}{2}/u]",
        ].map((selector) => ({ selector, message: "Words belong in src/lib/text." })),
      ],
    },
  },
  {
    files: ["src/components/ui/**", "src/components/charts/chart-parts.tsx", "src/app/**", "src/test/**"],
    rules: { "react-refresh/only-export-components": "off" },
  },
  {
    files: ["src/lib/**"],
    rules: layers(
      ["@/components/*", "@/features/*", "@/app/*"],
      "lib stands below components, features and app.",
    ),
  },
  {
    files: ["src/components/**"],
    rules: layers(["@/features/*", "@/app/*"], "components stand below features and app."),
  },
  {
    files: ["src/features/**"],
    rules: layers(
      ["@/features/*", "@/app/*"],
      "A feature stands on components and lib; reach its own files by ./",
    ),
  },
  { files: ["**/*.js"], extends: [js.configs.recommended], languageOptions: { globals: globals.browser } },
  prettier,
);
