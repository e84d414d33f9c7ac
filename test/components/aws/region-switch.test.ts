import assert from "node:assert/strict";
import { FailoverRecord, type FailoverRecordArgs } from "../../../components/aws";
import { faultOf, minutesOf } from "../../../components/aws/region-switch";
import { startChild } from "../../helpers/child";
import { record, UNKNOWN, type RecordOptions } from "../../helpers/record";
import { of as resourcesOf, one } from "./seen";
import { ACCOUNT, DNS, siteArgs } from "./site";

const LOOKUP = "aws:arcregionswitch/getRoute53HealthChecks:getRoute53HealthChecks";
const PLAN_ARN = `arn:aws:arc-region-switch::${ACCOUNT}:plan/shop:*`;

const args = (change: Partial<FailoverRecordArgs> = {}): FailoverRecordArgs => ({
  ...{ plan: "shop", location: "", sites: ["prod", "dr"], liveSite: "prod", databases: ["orders"], epoch: 3 },
  ...{
    zone: DNS.zone,
    zoneId: DNS.zoneId!,
    name: DNS.name,
    ttlSeconds: 30,
    rtoSeconds: 14_430,
    detectAfterSeconds: 30,
  },
  ...{ places: siteArgs().sites, regionSwitch: true },
  ...change,
});

const check = (region: string, status: string) => ({
  ...{ healthCheckId: `arc-${region}`, hostedZoneId: DNS.zoneId!, recordName: `${DNS.name}.`, region, status },
});
/** ARC's two, in the order that the regions were not said. */
const [IRELAND, FRANKFURT] = [check("eu-west-1", "unhealthy"), check("eu-central-1", "healthy")] as const;
const answering = (...healthChecks: readonly object[]): RecordOptions => ({
  answers: { [LOOKUP]: () => ({ healthChecks }) },
});
const made = (change?: Partial<FailoverRecordArgs>, options = answering(IRELAND, FRANKFURT)) =>
  record(() => new FailoverRecord("live-site", args(change)), options);

const step = (description: string, rest: object) => ({ description, ...rest });
const workflow = (site: string, region: string, approvalMinutes: number, identifiers: readonly string[]) => ({
  ...{ workflowTargetAction: "activate", workflowTargetRegion: region, workflowDescription: `${site} takes over` },
  steps: [
    step(
      `Is ${site} promoted and the other site fenced? https://${site}.shop.example.com/health must say 200. ARC sees neither.`,
      {
        ...{ name: "approve", executionBlockType: "ManualApproval" },
        executionApprovalConfigs: [
          { approvalRole: `arn:aws:iam::${ACCOUNT}:role/live-site-approver`, timeoutMinutes: approvalMinutes },
        ],
      },
    ),
    step(`Turns shop.example.com to ${site}.`, {
      ...{ name: "turn", executionBlockType: "Route53HealthCheck" },
      route53HealthCheckConfigs: [
        {
          ...{ hostedZoneId: DNS.zoneId, recordName: "shop.example.com", timeoutMinutes: 5 },
          recordSets: ["primary", "secondary"].map((recordSetIdentifier, index) => ({
            recordSetIdentifier,
            region: identifiers[index],
          })),
        },
      ],
    }),
  ],
});

describe("aws.FailoverRecord by ARC Region switch", function () {
  this.timeout(120_000);

  it("has a plan that turns the name to either region, each time after an approval", async () => {
    const { inputs, guarded, parent } = one((await made()).resources, "arcregionswitch/Plan", "live-site-switch");
    assert.deepEqual(inputs, {
      ...{
        name: "shop",
        description: "Turns shop.example.com to the other region.",
        recoveryApproach: "activePassive",
      },
      ...{ regions: ["eu-central-1", "eu-west-1"], primaryRegion: "eu-central-1", recoveryTimeObjectiveMinutes: 240 },
      executionRole: `arn:aws:iam::${ACCOUNT}:role/live-site-switch`,
      tags: { Name: "shop-switch", "dr:plan": "shop" },
      workflows: [
        workflow("prod", "eu-central-1", 240, ["eu-central-1", "eu-west-1"]),
        workflow("dr", "eu-west-1", 240, ["eu-central-1", "eu-west-1"]),
      ],
    });
    assert.equal(parent, "dr:aws:FailoverRecord live-site");
    assert.equal(guarded, true, "a new plan would begin with prod, whichever is live");
  });

  it("hangs every record on the health check of its site's region, in whatever order ARC tells them, and has none of its own", async () => {
    const { resources, calls } = await made({ aliases: ["www.example.com"] });
    assert.deepEqual(
      resourcesOf(resources, "route53/Record").map(({ inputs: { name, setIdentifier, healthCheckId, records } }) =>
        [name, setIdentifier, healthCheckId, (records as string[])[0]].join(" "),
      ),
      [
        "shop.example.com primary arc-eu-central-1 prod.shop.example.com",
        "www.example.com primary arc-eu-central-1 prod.shop.example.com",
        "_dr.shop.example.com primary arc-eu-central-1 site=prod epoch=3",
        "shop.example.com secondary arc-eu-west-1 dr.shop.example.com",
        "www.example.com secondary arc-eu-west-1 dr.shop.example.com",
        "_dr.shop.example.com secondary arc-eu-west-1 site=dr epoch=4",
      ],
    );
    assert.deepEqual(resourcesOf(resources, "route53/HealthCheck"), []);
    assert.deepEqual(calls, [`invoke ${LOOKUP}`], "ARC's control plane tells them, and nothing else is asked");
  });

  it("shows the same resources in a preview, which cannot ask yet", async () => {
    const preview = await made({}, { ...answering(), preview: true });
    const name = ({ type, name }: { readonly type: string; readonly name: string }) => `${type} ${name}`;
    assert.deepEqual(preview.resources.map(name).sort(), (await made()).resources.map(name).sort());
    assert.deepEqual(
      resourcesOf(preview.resources, "route53/Record").map(({ inputs }) => inputs["healthCheckId"]),
      [UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN],
    );
    assert.deepEqual(preview.calls, []);
  });

  it("after a switch names the other site first, and keeps ARC's primary region, without which ARC makes a new plan", async () => {
    const turned = answering({ ...IRELAND, status: "healthy" }, { ...FRANKFURT, status: "unhealthy" });
    const { resources } = await made({ liveSite: "dr" }, turned);
    const { inputs } = one(resources, "arcregionswitch/Plan", "live-site-switch");
    assert.deepEqual([inputs["primaryRegion"], inputs["regions"]], ["eu-central-1", ["eu-central-1", "eu-west-1"]]);
    assert.deepEqual(inputs["workflows"], [
      workflow("prod", "eu-central-1", 240, ["eu-west-1", "eu-central-1"]),
      workflow("dr", "eu-west-1", 240, ["eu-west-1", "eu-central-1"]),
    ]);
    assert.equal(one(resources, "route53/Record", "live-site-primary").inputs["healthCheckId"], "arc-eu-west-1");
  });

  it("lets ARC read what it evaluates, and nothing else", async () => {
    const { resources } = await made();
    assert.deepEqual(rights(resources, "live-site-switch"), {
      takenBy: [
        { Effect: "Allow", Action: "sts:AssumeRole", Principal: { Service: "arc-region-switch.amazonaws.com" } },
      ],
      may: [
        {
          ...{ Effect: "Allow", Action: "iam:SimulatePrincipalPolicy" },
          Resource: ["switch", "approver"].map((role) => `arn:aws:iam::${ACCOUNT}:role/live-site-${role}`),
        },
        {
          Effect: "Allow",
          Action: ["GetPlan", "GetPlanExecution", "ListPlanExecutions"].map((action) => `arc-region-switch:${action}`),
          Resource: PLAN_ARN,
        },
        {
          ...{ Effect: "Allow", Action: "route53:ListResourceRecordSets" },
          Resource: `arn:aws:route53:::hostedzone/${DNS.zoneId}`,
        },
      ],
    });
  });

  it("lets a person approve this plan alone, with a second factor", async () => {
    const { resources } = await made();
    assert.deepEqual(rights(resources, "live-site-approver"), {
      takenBy: [
        {
          ...{ Effect: "Allow", Action: "sts:AssumeRole", Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` } },
          Condition: { Bool: { "aws:MultiFactorAuthPresent": "true" } },
        },
      ],
      may: [
        {
          Effect: "Allow",
          Action: ["ApprovePlanExecutionStep", "GetPlanExecution", "ListPlanExecutions"].map(
            (action) => `arc-region-switch:${action}`,
          ),
          Resource: PLAN_ARN,
        },
      ],
    });
    assert.equal(
      resourcesOf(resources, "iam/Role").length + resourcesOf(resources, "iam/RolePolicyAttachment").length,
      2,
    );
  });

  it("promises no more than the RTO, in ARC's minutes, and waits an hour for an approval even if that is longer", async () => {
    assert.deepEqual([30, 60, 119, 14_430, 8 * 86_400].map(minutesOf), [1, 1, 1, 240, 10_080]);
    const { rtoSeconds: _, ...untimed } = args();
    const { resources } = await record(() => new FailoverRecord("live-site", untimed), answering(IRELAND, FRANKFURT));
    const { inputs } = one(resources, "arcregionswitch/Plan", "live-site-switch");
    assert.equal("recoveryTimeObjectiveMinutes" in inputs, false);
    assert.deepEqual(inputs["workflows"], [
      workflow("prod", "eu-central-1", 60, ["eu-central-1", "eu-west-1"]),
      workflow("dr", "eu-west-1", 60, ["eu-central-1", "eu-west-1"]),
    ]);
  });

  const third = { ...siteArgs().sites, third: { platform: "aws", region: "us-east-1", account: ACCOUNT } } as const;
  const azure = { ...siteArgs().sites, dr: { platform: "azure", region: "westus2" } } as const;
  for (const [title, change, message] of [
    [
      "a record that config switches as well",
      { mode: "config" },
      "mode must be health with regionSwitch: the record would have two writers, dr:liveSite and ARC's plan; got config",
    ],
    [
      "three sites",
      { sites: ["prod", "dr", "third"], places: third },
      "failover.regionSwitch must have two sites: a plan of ARC Region switch has two regions; got 3 (prod, dr, third)",
    ],
    ["another cloud", { places: azure }, "sites.dr.platform must be aws, to be reached from prod; got azure"],
  ] as const) {
    it(`refuses ${title}`, () => assert.rejects(made(change), { message }));
  }

  const fault = (liveSite: string, ...checks: readonly ReturnType<typeof check>[]) =>
    faultOf(checks, {
      ...{ name: DNS.name, sites: ["prod", "dr"], liveSite },
      regionOf: (site) => (site === "prod" ? "eu-central-1" : "eu-west-1"),
    });
  for (const [title, found, message] of [
    ["takes the site that ARC answers with", fault("prod", IRELAND, FRANKFURT), undefined],
    [
      "takes a health check whose state ARC does not know yet: it has just made it",
      fault("prod", { ...IRELAND, status: "unknown" }, { ...FRANKFURT, status: "unknown" }),
      undefined,
    ],
    [
      "refuses a live site that ARC does not answer with",
      fault("dr", IRELAND, FRANKFURT),
      "dr:liveSite must be the site that ARC Region switch answers with, prod; got dr, whose health check it holds unhealthy. Say prod, or first execute ARC's plan with --target-region eu-west-1",
    ],
    [
      "refuses a health check that ARC has not made yet",
      fault("prod", FRANKFURT, { ...IRELAND, recordName: "other.example.com" }),
      "ARC Region switch must have a health check of shop.example.com for eu-west-1; got none. It is making them: run `pulumi up` again",
    ],
  ] as const)
    it(title, () => assert.equal(found, message));

  it("touches no record where it refuses ARC's answer, and says why once", async () => {
    const { stdout } = await startChild(`
      const { runtime } = require("@pulumi/pulumi");
      const told = new Set();
      const end = () => { console.log(JSON.stringify([...told].map((error) => [error.hideStack && error.stack, error.message])), made.join()); process.exit() };
      process.on("unhandledRejection", (error) => told.add(error) && setTimeout(end, 500).unref());
      const made = [];
      runtime.setMocks({
        call: () => ({ healthChecks: ${JSON.stringify([IRELAND, FRANKFURT])} }),
        newResource: ({ type, name, inputs }) => (made.push(type.split(":").pop()), { id: name, state: { ...inputs, arn: name } }),
      }).then(() => {
        const { FailoverRecord } = require("./components/aws");
        new FailoverRecord("live-site", ${JSON.stringify(args({ liveSite: "dr" }))});
      });
      setTimeout(end, 20_000);`).ended;
    assert.match(
      stdout,
      /^\[\["","(error serializing property \\"healthCheckId\\": )*dr:liveSite must be the site that ARC Region switch answers with, prod; got dr, [^"]*"\]\] FailoverRecord,Role,Role,RolePolicy,RolePolicy,Plan\n$/,
    );
  });
});

/** Who may take a role, and what it may do: all of its policies. */
function rights(resources: Parameters<typeof one>[0], name: string) {
  const statements = (text: unknown) => (JSON.parse(text as string) as { Statement: object[] }).Statement;
  return {
    takenBy: statements(one(resources, "iam/Role", name).inputs["assumeRolePolicy"]),
    may: statements(one(resources, "iam/RolePolicy", name).inputs["policy"]),
  };
}
