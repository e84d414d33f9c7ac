import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { measure, shellArm } from "../../bench/measure";
import { temporary } from "../helpers/temporary";

describe("bench/measure", function () {
  this.timeout(60_000);
  const at = temporary();

  it("counts what tools read that have ended, in every part of a pipe", async () => {
    const MiB = 1024 * 1024;
    writeFileSync(at("file"), Buffer.alloc(3 * MiB));
    const { cost } = await measure(shellArm(`cat '${at("file")}' | cat > /dev/null`), {});
    assert.ok(cost.read >= 6 * MiB && cost.read < 7 * MiB, `${cost.read} bytes`);
  });

  it("fails when any part of a pipe fails, with what it said", () =>
    assert.rejects(measure(shellArm("sh -c 'echo no disk >&2; exit 3' | cat"), {}), /an arm failed: no disk/));

  it("sees a program's own peak of memory, after it was given back", async () => {
    const program = "let big = Buffer.alloc(200e6, 1); big = null; console.log('{}'); process.stdin.resume()";
    const { cost } = await measure([process.execPath, "-e", program], {});
    assert.ok(cost.ownPeak > 200e6, `${cost.ownPeak} bytes`);
  });
});
