import assert from "node:assert/strict";
import { holdWatch } from "../../../cli/watch/lock";
import { startChild } from "../../helpers/child";

describe("cli/watch/lock", function () {
  this.timeout(120_000);
  const place = `/nowhere/${process.pid}`;

  it("lets one watch of a plan in, another of another plan beside it, and the next one once it has gone", async () => {
    const release = await holdWatch(place, "shop");
    await assert.rejects(holdWatch(place, "shop"), /another watch of shop runs on this machine already.*--once/);
    (await holdWatch(`${place}/other`, "other"))();
    release();
    for (;;) {
      const again = await holdWatch(place, "shop").catch(() => undefined); // closing takes a turn of the loop
      if (again) return again();
      await new Promise((resolve) => setImmediate(resolve));
    }
  });

  it("is let go of by a watch that is killed", async () => {
    const child = startChild(
      `require("./cli/watch/lock").holdWatch(${JSON.stringify(place)}, "shop").then(() => console.log("ready")); process.stdin.resume()`,
    );
    await child.ready;
    await assert.rejects(holdWatch(place, "shop"), /another watch/);
    process.kill(child.pid, "SIGKILL");
    await child.ended;
    (await holdWatch(place, "shop"))();
  });
});
