// Lint rules of the dashboard's JavaScript and CSS, run by `make lint`.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import css from "@eslint/css";
import js from "@eslint/js";
import globals from "globals";

const CANVAS = "pages/explore/canvas";
const VAGUE = [
  "found",
  "one",
  "told",
  "asked",
  "said",
  "known",
  "own",
  "place",
  "way",
  "held",
  "kept",
  "given",
  "wanted",
  "chosen",
];

// pages/explore/canvas/component.py joins these files into one module, so that a name declared in one is known in all.
function declared() {
  const sources = readdirSync(CANVAS)
    .filter((file) => file.endsWith(".js"))
    .map((file) => readFileSync(join(CANVAS, file), "utf8"));
  const names = sources.flatMap((source) => [...source.matchAll(/^(?:const|let|(?:async )?function) (\w+)/gm)]);
  return Object.fromEntries(names.map((match) => [match[1], "readonly"]));
}

export default [
  { ...js.configs.recommended, files: ["**/*.js"] },
  {
    files: ["**/*.js"],
    languageOptions: { globals: globals.browser },
    rules: {
      "id-denylist": ["error", ...VAGUE],
      "no-unused-vars": ["error", { varsIgnorePattern: `^(${Object.keys(declared()).join("|")})$` }],
      "no-redeclare": ["error", { builtinGlobals: false }],
      eqeqeq: ["error", "always", { null: "ignore" }],
      "prefer-const": "error",
      "no-var": "error",
    },
  },
  { files: [`${CANVAS}/**/*.js`], languageOptions: { globals: declared() } },
  { files: ["eslint.config.js"], languageOptions: { globals: globals.node } },
  {
    ...css.configs.recommended,
    files: ["**/*.css"],
    language: "css/css",
    rules: {
      ...css.configs.recommended.rules,
      "css/no-invalid-properties": ["error", { allowUnknownVariables: true }], // Streamlit's theme declares --st-...
      "css/use-baseline": "off",
      "css/no-important": "off", // the only way over Streamlit's inline styles
    },
  },
  // Paged media, which the printed pack needs, are not in the linter's list of at-rules.
  { files: ["streamrec_core/report/templates/pack.css"], rules: { "css/no-invalid-at-rules": "off" } },
];
