// Builds plotly.min.js and LICENSES.txt anew; see README.md. Usage: node build.mjs (in a folder where npm installed both).
import { createHash } from "node:crypto";
import { readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { build, version } from "esbuild";

const TRACES = ["bar", "heatmap", "candlestick", "waterfall"]; // scatter is in the core
const read = (path) => readFileSync(path, "utf8");
const entry = `const Plotly = require("plotly.js/lib/core");
Plotly.register([${TRACES.map((name) => `require("plotly.js/lib/${name}")`)}]);
module.exports = Plotly;`;

const made = await build({
  stdin: { contents: entry, resolveDir: process.cwd() }, bundle: true, minify: true, format: "iife", globalName: "Plotly",
  target: "es2020", define: { global: "window", "define.amd": "false" }, legalComments: "none", metafile: true,
  alias: { stream: "stream-browserify", buffer: "buffer" }, outfile: "plotly.min.js", charset: "ascii",
});

const output = Object.keys(made.metafile.outputs).find((name) => name.endsWith(".js"));
const homes = new Set(Object.entries(made.metafile.outputs[output].inputs).filter(([path, part]) => part.bytesInOutput && !path.endsWith(".css"))
  .map(([path]) => path.match(/^(?:.*node_modules\/)(?:@[^/]+\/)?[^/]+/)?.[0]).filter(Boolean));
const packages = [...homes].map((home) => {
  const about = JSON.parse(read(`${home}/package.json`));
  const file = readdirSync(home).find((name) => /^licen[cs]e/i.test(name));
  const text = file ? read(`${home}/${file}`) : `${about.license} licence, as its package.json says; author ${JSON.stringify(about.author)}`;
  return { ...about, text: text.trim() };
}).sort((a, b) => (a.name < b.name ? -1 : 1));

const texts = packages.map((one) => `${one.name} ${one.version} (${one.license})\n\n${one.text}\n`).join(`\n${"-".repeat(78)}\n\n`);
const plotly = packages.find((one) => one.name === "plotly.js").version;
const banner = `/*! plotly.js ${plotly} with scatter, ${TRACES.join(", ")}; bundled by esbuild ${version}. Licences at the end. */\n`;
const script = `${banner}${read("plotly.min.js").trimEnd()}\n/*!\n${texts.replaceAll("*/", "* /")}*/\n`;
writeFileSync("plotly.min.js", script);
writeFileSync("LICENSES.txt", texts);
rmSync("plotly.min.css", { force: true });
console.log(packages.map((one) => `| ${one.name} | ${one.version} | ${one.license} |`).join("\n"));
console.log(createHash("sha256").update(script).digest("hex"));
