import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { putSampleFiles } from "../../../cli/drill/sample-files";
import { makeFolder } from "../../../engines/files";
import { parsePlan } from "../../../plan";
import { temporary } from "../../helpers/temporary";

describe("cli/drill/sample-files", () => {
  const folder = temporary();
  const plan = parsePlan(readFileSync("plans/cotai.yaml", "utf8"), "plans/cotai.yaml");
  const put = () => putSampleFiles(plan, folder("prod"), folder("prod/files"));
  const UPLOADS = "cotai_uploads/sample.txt";

  it("puts in what CotAi's plan names, at a site that was never brought up", () => {
    const samples = put();
    assert.deepEqual(samples, {
      volumes: [UPLOADS, "cotai_app_data/sample.txt"],
      settings: [".env.production", "docker-compose.production.yml"],
    });
    for (const name of Object.values(samples).flat()) assert.ok(readFileSync(folder("prod/files", name)).length > 0);
  });

  it("puts nothing into a site that is there: what is missing there is missing", () => {
    makeFolder(folder("prod/files"));
    assert.deepEqual(put(), {});
    assert.deepEqual(readdirSync(folder("prod/files")), []);
  });

  it("touches nothing that the plan names by a full path", () => {
    const { volumes, ...data } = plan.data;
    const elsewhere = { ...volumes!, paths: [folder("elsewhere"), "cotai_uploads"] } as typeof volumes;
    const samples = putSampleFiles(
      { ...plan, data: { ...data, volumes: elsewhere! } },
      folder("prod"),
      folder("prod/files"),
    );
    assert.deepEqual(Object.keys(samples), ["settings"], "what cannot be whole is not waited for");
    assert.equal(existsSync(folder("elsewhere")), false);
    assert.ok(existsSync(folder("prod/files", UPLOADS)));
  });
});
