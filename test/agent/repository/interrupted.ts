import { mkdirSync, readFileSync, writeFileSync, chmodSync } from "node:fs";
import { spawnSync } from "node:child_process";
import * as path from "node:path";

/** Runs work with one of its tools cut off after so many calls: that call does its work, and nobody hears of it. */
export async function cutOff<T>(folder: string, tool: string, after: number, work: () => Promise<T>): Promise<number> {
  const real = spawnSync("sh", ["-c", `command -v ${tool}`], { encoding: "utf8" }).stdout.trim();
  const bin = path.join(folder, `cut-off-${tool}`);
  const count = path.join(bin, "count");
  mkdirSync(bin, { recursive: true });
  writeFileSync(count, "");
  for (const [name, mode] of [
    [bin, 0o755],
    [count, 0o666],
  ] as const)
    chmodSync(name, mode);
  const script = [
    "#!/bin/sh",
    `printf x >> '${count}'`,
    `calls=$(wc -c < '${count}')`,
    `[ "$calls" -lt ${after} ] && exec '${real}' "$@"`,
    `'${real}' "$@" > /dev/null 2>&1`,
    "exit 137",
    "",
  ];
  writeFileSync(path.join(bin, tool), script.join("\n"), { mode: 0o755 });
  const before = process.env.PATH;
  process.env.PATH = `${bin}:${before}`;
  try {
    await work();
  } finally {
    process.env.PATH = before;
  }
  return readFileSync(count).length;
}
