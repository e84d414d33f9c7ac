import * as pulumi from "@pulumi/pulumi";
import { readConfig } from "../../stacks/config";
import { dns } from "../../stacks/dns";
import { site } from "../../stacks/site";
import { plain, record, type Recorded, type Recording, type RecordOptions } from "../helpers/record";

/** Values of a stack's config, without `dr:`. Pulumi asks for a default of every key that it knows: empty. */
export type Values = Readonly<Record<string, string>>;

export const PLAN = "plans/cotai.yaml";
const DEFAULTS: Values = {
  ...{
    plan: PLAN,
    platform: "local",
    root: "/sites",
    site: "",
    activation: "",
    siteIsLost: "",
    siteSeemsLost: "",
    liveSite: "",
  },
  ...{ demotionTokens: "{}", recoverFrom: "", quarantine: "", generations: "{}", automatedBackups: "{}" },
  ...{ adopt: "{}", databasePassword: "", epoch: "" },
};

/** The stacks as they are configured from the start, and in a failover. */
export const STACKS = {
  prod: { stack: "prod", values: { activation: "active" } },
  dr: { stack: "dr", values: { activation: "standby" } },
  "dr-failover": { stack: "dr", values: { activation: "active", siteIsLost: "prod" } },
  "dr-restore": {
    stack: "dr",
    values: { activation: "active", siteIsLost: "prod", recoverFrom: "2026-11-21T18:30:00+01:00" },
  },
  dns: { stack: "dns", values: { liveSite: "prod" } },
} as const;

const AWS = { plan: "plans/aigentable.yaml", platform: "", root: "", databasePassword: "canary-5e1f" } as const;

/** The same of a plan whose sites are on AWS. */
export const AWS_STACKS = {
  "aws-prod": { stack: "prod", values: { ...AWS, activation: "active" } },
  "aws-dr": { stack: "dr", values: { ...AWS, activation: "standby" } },
  "aws-dr-failover": { stack: "dr", values: { ...AWS, activation: "active", siteIsLost: "prod" } },
  "aws-dns": { stack: "dns", values: { ...AWS, liveSite: "prod" } },
} as const;

const AZURE = { plan: "plans/dot-copilot.yaml", platform: "", root: "" } as const;

/** And of one whose sites are on Azure. */
export const AZURE_STACKS = {
  "azure-prod": { stack: "prod", values: { ...AZURE, activation: "active" } },
  "azure-dr": { stack: "dr", values: { ...AZURE, activation: "standby" } },
  "azure-dr-failover": { stack: "dr", values: { ...AZURE, activation: "active", siteIsLost: "prod" } },
  "azure-dns": { stack: "dns", values: { ...AZURE, liveSite: "prod" } },
} as const;

/** Runs `work` as a stack's program, with these values and no others. */
export async function configured<T>(stack: string, values: Values, work: () => T, options: RecordOptions = {}) {
  const all = Object.entries({ ...DEFAULTS, ...values }).map(([key, value]) => [`dr:${key}`, value] as const);
  let answer!: T;
  try {
    const recording = await record(
      async () => {
        pulumi.runtime.setAllConfig(Object.fromEntries(all));
        answer = await work();
      },
      { ...options, stack },
    );
    return { ...recording, answer };
  } finally {
    pulumi.runtime.setAllConfig({});
  }
}

/** Runs a stack's program, whichever its config makes it, and answers what the engine was asked and the stack's outputs. */
export async function run(stack: string, values: Values, options: RecordOptions = {}) {
  const program = async () => {
    const config = readConfig();
    return plain(config.kind === "dns" ? (dns(config) as object) : site(config));
  };
  return configured(stack, values, program, options) as Promise<
    Recording & { answer: Promise<Record<string, unknown>> }
  >;
}

/** Who a stack's resources are: a change here replaces something, or orphans it. */
export const identity = (resources: readonly Recorded[]) =>
  resources
    .map(
      ({ type, name, parent, retained }) =>
        `${type} ${name} < ${parent || "the stack"}${retained ? " [retained]" : ""}\n`,
    )
    .sort()
    .join("");
