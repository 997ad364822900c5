// Lint rules of the dashboard's JavaScript and CSS, run by `make lint`.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import css from "@eslint/css";
import js from "@eslint/js";
import globals from "globals";

const CANVASES = ["pages/explore/canvas", "streamrec_core/explanation_view"];
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

// Components join files of these folders into one module each, so that a name declared in one is known in all.
function declared() {
  const files = CANVASES.flatMap((folder) => readdirSync(folder).map((file) => join(folder, file)));
  const sources = files.filter((file) => file.endsWith(".js")).map((file) => readFileSync(file, "utf8"));
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
  { files: CANVASES.map((folder) => `${folder}/**/*.js`), languageOptions: { globals: declared() } },
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
  // Container queries for scrolling are not in the linter's parser and lists yet.
  {
    files: ["pages/ui/style.css"],
    languageOptions: { tolerant: true },
    rules: { "css/no-invalid-properties": "off" },
  },
  // Paged media, which the printed pack needs, are not in the linter's list of at-rules.
  { files: ["streamrec_core/report/templates/pack.css"], rules: { "css/no-invalid-at-rules": "off" } },
];
