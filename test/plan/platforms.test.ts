import assert from "node:assert/strict";
import { NAMES } from "../../plan";
import { orders, refusals, type Written } from "./example";

const n = (length: number) => "x".repeat(length);
const rename = (site: string) => (plan: Written) =>
  (plan.sites = { prod: { platform: "local" }, [site]: { platform: "local" } });
const entry = (name: string) => (plan: Written) => (plan.data = { [name]: orders(plan) });

describe("plan/platforms", () => {
  const parts = { plan: "dot-copilot", site: "prod", service: "web", data: "postgres", database: "dot" };
  for (const [name, built] of [
    ["awsBucket", "dot-copilot-prod-backups"],
    ["awsDatabase", "dot-copilot-prod-postgres"],
    ["awsTargetGroup", "dot-copilot-prod-web"],
    ["awsBackupRole", "dot-copilot-prod-postgres-backup"],
    ["azureStorage", "dotcopilotprodbk"],
    ["azureVault", "dot-copilot-prod-kv"],
    ["azureDatabase", "dot-copilot-prod-postgres"],
    ["azureApp", "dot-copilot-web"],
    ["kubernetesNamespace", "dot-copilot"],
    ["kubernetesService", "dot-copilot-web"],
    ["kubernetesCluster", "dot-copilot-postgres"],
    ["kubernetesBackup", "dot-copilot-postgres-incremental"],
    ["dockerContainer", "dot-copilot-prod-web"],
    ["dockerDatabase", "dot-copilot-prod-postgres"],
    ["postgresSlot", "dot_copilot_prod"],
    ["postgresScratch", "dot_verify"],
  ] as const) {
    it(`${name} is ${built}`, () => assert.equal(NAMES[name].name(parts), built));
  }

  it("lets the longest names of the five systems through", () => {
    for (const name of ["copilotos-bridge", "dot-copilot", "aigentable", "genie-ai", "cotai"]) {
      assert.deepEqual(
        refusals((plan) => ((plan.name = name), (plan.services = { frontend: {} }))),
        [],
        name,
      );
    }
  });

  const storage = (got: string, parts: string, by: number) =>
    `azure allows a storage account 24 characters; ${got} has ${got.length}. Shorten ${parts} by ${by}`;
  const vault = (got: string, parts: string, by: number) =>
    `azure allows a key vault 24 characters; ${got} has ${got.length}. Shorten ${parts} by ${by}`;
  for (const [title, change, lines] of [
    [
      "a plan's name of 17 characters",
      (p: Written) => (p.name = n(17)),
      [`name: ${vault(`${n(17)}-prod-kv`, `${n(17)} or prod`, 1)}`],
    ],
    [
      "a site's name of 18 characters",
      rename(n(18)),
      [`sites.${n(18)}: ${vault(`shop-${n(18)}-kv`, `shop or ${n(18)}`, 2)}`],
    ],
    [
      "a service's name of 28 characters",
      (p: Written) => (p.services = { [n(28)]: {} }),
      [
        `services.${n(28)}: aws allows a target group 32 characters; shop-prod-${n(28)} has 38. Shorten shop or prod or ${n(28)} by 6`,
        `services.${n(28)}: azure allows a container app 32 characters; shop-${n(28)} has 33. Shorten shop or ${n(28)} by 1`,
      ],
    ],
    [
      "a database's name that leaves no room for the scratch one",
      (p: Written) => (orders(p).database = n(57)),
      [
        `data.orders.database: postgresql allows a scratch database 63 characters; ${n(57)}_verify has 64. Shorten ${n(57)} by 1`,
      ],
    ],
    [
      "PostgreSQL's own database",
      (p: Written) => (orders(p).database = "template1"),
      ["data.orders.database: template1 is PostgreSQL's own; give the system's data a database of its own"],
    ],
    [
      "PostgreSQL's own prefix",
      (p: Written) => (orders(p).database = "pg_shop"),
      ["data.orders.database: pg_shop is PostgreSQL's own; give the system's data a database of its own"],
    ],
    [
      "AWS's own database",
      (p: Written) => (orders(p).database = "rdsadmin"),
      ["data.orders.database: rdsadmin is AWS's own; give the system's data a database of its own"],
    ],
  ] as const) {
    it(`refuses ${title}`, () => assert.deepEqual(refusals(change), lines));
  }

  it("accepts names that just fit", () => {
    assert.deepEqual(
      refusals((p) => (p.name = n(16))),
      [],
    );
    assert.deepEqual(
      refusals((p) => (p.services = { [n(22)]: {} })),
      [],
    );
    assert.deepEqual(refusals(entry(n(32))), []);
    assert.deepEqual(
      refusals((p) => (orders(p).database = n(56))),
      [],
    );
  });

  it("refuses a plan's name of 63 characters on every platform that limits it", () => {
    const lines = refusals((p) => (p.name = n(63)));
    assert.ok(lines.length >= 10 && lines.every((line) => line.startsWith("name: ")), lines.join("\n"));
    assert.equal(
      lines.some((line) => line.includes(storage(`${n(63)}prodbk`, `${n(63)} or prod`, 45))),
      true,
    );
  });
});
