// Compiles the style, the script and the icon sprite into web/static/vendor.
// For maintainers: run "npm ci && npm run build", then commit the output.

import { cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import path from "node:path";
import * as esbuild from "esbuild";
import * as sass from "sass";

const here = path.dirname(fileURLToPath(import.meta.url));
const modules = path.join(here, "node_modules");
const out = path.join(here, "..", "web", "static", "vendor");
const target = "es2019";

await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });

const style = sass.compile(path.join(here, "scss", "padan.scss"), {
  loadPaths: [modules],
  style: "compressed",
  quietDeps: true,
  // Bootstrap 5 is written with @import; its own deprecations are not ours.
  silenceDeprecations: ["import", "global-builtin", "color-functions", "if-function"],
});
await writeFile(path.join(out, "padan.css"), style.css.replace(/^\uFEFF/, "") + "\n");

await esbuild.build({
  entryPoints: [path.join(here, "js", "padan.js")],
  outfile: path.join(out, "padan.js"),
  bundle: true,
  minify: true,
  target,
  legalComments: "none",
  banner: {
    js: "/*! Padan (Apache-2.0). Contains Bootstrap (MIT) and Popper (MIT), see the LICENSE files beside this one. */",
  },
});

const names = (await readFile(path.join(here, "icons.txt"), "utf8")).split(/\s+/).filter(Boolean);
const symbols = [];
for (const name of names) {
  const svg = await readFile(path.join(modules, "bootstrap-icons", "icons", `${name}.svg`), "utf8");
  const inner = svg.replace(/^[\s\S]*?<svg[^>]*>/, "").replace(/<\/svg>[\s\S]*$/, "").replace(/\s*\n\s*/g, "");
  symbols.push(`<symbol id="${name}" viewBox="0 0 16 16">${inner}</symbol>`);
}
await writeFile(
  path.join(out, "icons.svg"),
  `<svg xmlns="http://www.w3.org/2000/svg">\n${symbols.join("\n")}\n</svg>\n`,
);

const chevron = (colour) =>
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><path fill="none" stroke="${colour}" stroke-linecap="round" stroke-linejoin="round" stroke-width="2" d="m2 5 6 6 6-6"/></svg>\n`;
await writeFile(path.join(out, "select-light.svg"), chevron("#16232b"));
await writeFile(path.join(out, "select-dark.svg"), chevron("#e8eef0"));

const font = "@fontsource-variable/plus-jakarta-sans";
await cp(
  path.join(modules, font, "files", "plus-jakarta-sans-latin-wght-normal.woff2"),
  path.join(out, "plus-jakarta-sans.woff2"),
);

const licences = {
  "LICENSE-bootstrap.txt": "bootstrap/LICENSE",
  "LICENSE-bootstrap-icons.txt": "bootstrap-icons/LICENSE",
  "LICENSE-plus-jakarta-sans.txt": `${font}/LICENSE`,
  "LICENSE-popper.txt": "@popperjs/core/LICENSE.md",
};
for (const [to, from] of Object.entries(licences)) {
  await cp(path.join(modules, from), path.join(out, to));
}

const packages = ["bootstrap", "@popperjs/core", "bootstrap-icons", font];
const versions = [];
for (const name of packages) {
  const { version, license } = JSON.parse(await readFile(path.join(modules, name, "package.json"), "utf8"));
  versions.push(`${name} ${version} (${license})`);
}
await writeFile(
  path.join(out, "VERSIONS"),
  "Built by frontend/build.mjs from the packages locked in frontend/package-lock.json.\n" +
    "htmx is not here: it comes with the Python package django-htmx.\n\n" +
    versions.join("\n") +
    "\n",
);
