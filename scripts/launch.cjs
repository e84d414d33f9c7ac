// Starts a TypeScript entry of this project as plain JavaScript: bundled once into .dr/build, bundled again when a source
// is newer. A recovery must not wait for a compiler, and must not run yesterday's code.
"use strict";
const fs = require("node:fs");
const Module = require("node:module");
const path = require("node:path");
const vm = require("node:vm");

const root = path.join(__dirname, "..");
const sources = [
  "plan",
  "components",
  "stacks",
  "provider",
  "engines",
  "agent",
  "evidence",
  "cli",
  "bench",
  "test/chaos",
  "test/helpers",
  "test/soak",
  "test/stacks",
  "test/standin",
  "scripts",
  "package-lock.json",
];

function newest(file) {
  const stat = fs.statSync(file, { throwIfNoEntry: false });
  if (!stat) return 0;
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(stat.mtimeMs, ...fs.readdirSync(file).map((name) => newest(path.join(file, name))));
}

const isProgram = (entry) => entry.startsWith("stacks/") || entry.endsWith("-program.ts");

/** Path of the bundle of `entry` (a path from the project's root), made if it is missing or stale. */
function bundle(entry) {
  const outfile = path.join(root, ".dr", "build", entry.replaceAll("/", "-").replace(/\.ts$/, ".cjs"));
  const made = fs.statSync(outfile, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (made > Math.max(...sources.map((source) => newest(path.join(root, source))))) return outfile;
  fs.mkdirSync(path.dirname(outfile), { recursive: true });
  const draft = `${outfile}.${process.pid}`;
  require("esbuild").buildSync({
    entryPoints: [path.join(root, entry)],
    outfile: draft,
    bundle: true,
    platform: "node",
    target: "node20",
    // Comments go: they are a third of it, and a single letter of theirs beyond Latin-1 makes V8 keep all in two bytes each.
    minifyWhitespace: true,
    lineLimit: 160,
    // The program runs inside the SDK's own process and must share its state; SDKs of clouds stay where they are.
    external: ["typescript", "ts-node", "pg-native", "esbuild", ...(isProgram(entry) ? ["@pulumi/*"] : [])],
    define: { "process.env.DR_PROJECT": JSON.stringify(root) },
    logLevel: "error",
  });
  fs.renameSync(draft, outfile); // whole or not at all: another start may be reading it
  return outfile;
}

/**
 * Runs a bundle and answers what it exports. What V8 made of it is kept beside it for the next start, which is twice as
 * fast then: `up` starts three such processes in a row while clients wait. A cache of another Node is ignored and replaced.
 */
function load(file) {
  const cache = `${file}.cache`;
  const cachedData =
    fs.existsSync(cache) && fs.statSync(cache).mtimeMs >= fs.statSync(file).mtimeMs
      ? fs.readFileSync(cache)
      : undefined;
  const script = new vm.Script(Module.wrap(fs.readFileSync(file, "utf8")), { filename: file, cachedData });
  const made = new Module(file, module);
  Object.assign(made, { filename: file, paths: Module._nodeModulePaths(path.dirname(file)) });
  script.runInThisContext()(made.exports, Module.createRequire(file), made, file, path.dirname(file));
  if (!cachedData || script.cachedDataRejected) keepCache(script, cache);
  return made.exports;
}

/** Keeps the cache once the functions of a start have been compiled, or at exit if that is sooner. */
function keepCache(script, cache) {
  const keep = () => {
    clearTimeout(timer);
    process.off("exit", keep);
    try {
      fs.writeFileSync(`${cache}.${process.pid}`, script.createCachedData());
      fs.renameSync(`${cache}.${process.pid}`, cache);
    } catch {
      // a read-only clone starts a little slower, and that is all
    }
  };
  const timer = setTimeout(keep, 100).unref();
  process.once("exit", keep);
}

module.exports = { bundle, launch: (entry) => load(bundle(entry)) };
