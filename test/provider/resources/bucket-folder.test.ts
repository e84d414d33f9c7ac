import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { serverUser } from "../../../engines/user";
import { changed } from "../../../provider/resource";
import { bucketFolder } from "../../../provider/resources/bucket-folder";
import { temporary } from "../../helpers/temporary";

const silent = () => {};

describe("provider/resources/bucket-folder", () => {
  const at = temporary();
  const inputs = (site = "prod") => ({ folder: at("bucket"), site });

  it("makes a folder that says whose it is", async () => {
    assert.deepEqual(await bucketFolder.create(inputs(), silent), { id: at("bucket"), outs: inputs() });
    assert.deepEqual(readdirSync(at("bucket")), [".bucket.json"]);
    assert.equal(readFileSync(at("bucket", ".bucket.json"), "utf8"), '{"site":"prod"}\n');
    assert.equal(statSync(at("bucket")).uid, serverUser().uid);
  });

  it("takes its own bucket up again, backups and all", async () => {
    await bucketFolder.create(inputs(), silent);
    writeFileSync(at("bucket", "backup"), "kept");
    const { ino } = statSync(at("bucket", ".bucket.json"));
    assert.deepEqual(await bucketFolder.check!(inputs(), undefined), {});
    await bucketFolder.create(inputs(), silent);
    assert.equal(readFileSync(at("bucket", "backup"), "utf8"), "kept");
    assert.equal(statSync(at("bucket", ".bucket.json")).ino, ino, "its mark is not written again");
  });

  it("refuses a bucket of another site, and leaves it as it is", async () => {
    await bucketFolder.create(inputs("dr"), silent);
    const reason = `must be free or hold backups of prod; got ${at("bucket")}, which holds those of dr`;
    assert.deepEqual(await bucketFolder.check!(inputs(), undefined), { failures: [{ property: "folder", reason }] });
    assert.equal(readFileSync(at("bucket", ".bucket.json"), "utf8"), '{"site":"dr"}\n');
  });

  it("touches nothing when it is checked", async () => {
    assert.deepEqual(await bucketFolder.check!(inputs(), undefined), {});
    assert.ok(!existsSync(at("bucket")));
  });

  it("notices that a bucket is gone", async () => {
    await bucketFolder.create(inputs(), silent);
    assert.deepEqual(await bucketFolder.read!(inputs()), { outs: inputs(), inputs: inputs() });
    rmSync(at("bucket"), { recursive: true });
    assert.equal(await bucketFolder.read!(inputs()), undefined);
  });

  it("makes a bucket anew that went with its region, at the next up and without a refresh", async () => {
    await bucketFolder.create(inputs(), silent);
    assert.deepEqual(await bucketFolder.check!(inputs(), inputs()), {});
    rmSync(at("bucket"), { recursive: true });
    const { inputs: found } = await bucketFolder.check!(inputs(), inputs());
    assert.deepEqual(changed(bucketFolder.inputs, { ...inputs() }, { ...found! }), ["gone"]);

    const told: string[] = [];
    const outs = await bucketFolder.update!(inputs(), found!, (text) => told.push(text));
    assert.deepEqual(told, [`${at("bucket")} was gone and is made anew: it holds no backup yet`]);
    assert.equal(readFileSync(at("bucket", ".bucket.json"), "utf8"), '{"site":"prod"}\n');
    assert.deepEqual(changed(bucketFolder.inputs, { ...outs }, { ...inputs() }), [], "and then there is no change");
  });

  it("has no way to delete backups", () => assert.equal(bucketFolder.delete, undefined));
});
