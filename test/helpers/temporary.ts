import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";

/** A folder of its own for each test of the enclosing `describe`, gone after it. */
export function temporary(): (...parts: string[]) => string {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), "dr-test-"));
    chmodSync(folder, 0o755); // for root, the servers' user must reach what is in it
  });
  // What works in it may end a moment later.
  afterEach(() => rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 }));
  return (...parts) => path.join(folder, ...parts);
}
