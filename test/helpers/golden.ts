import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import * as path from "node:path";

/** Compares with `test/golden/<name>`; `UPDATE_GOLDEN=1` writes it anew, and nothing else ever does. */
export function matchesGolden(name: string, text: string): void {
  const file = path.join(__dirname, "../golden", name);
  if (process.env.UPDATE_GOLDEN === "1") {
    if (process.env.CI === "true") throw new Error("CI must not update goldens");
    writeFileSync(file, text);
  }
  const golden = existsSync(file) ? readFileSync(file, "utf8") : "";
  assert.equal(text, golden, `${name} differs: if that is meant, UPDATE_GOLDEN=1 writes it anew`);
}
