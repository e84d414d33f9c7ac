import * as z from "zod";
import { filePath, matching, name, named, text } from "./words";

export const PLATFORMS = ["local", "docker", "kubernetes", "aws", "azure"] as const;
export type Platform = (typeof PLATFORMS)[number];

const word = (description: string) =>
  matching(/^[A-Za-z0-9][A-Za-z0-9 ._:@/+-]{0,199}$/, "must be letters, digits and ._:@/+- only").describe(description);

const description = text("What this site is, for people.").optional();
const region = (what: string) => matching(/^[A-Za-z0-9][A-Za-z0-9 -]{1,40}$/, "must be a region's name").describe(what);

const local = z.strictObject({
  platform: z.literal("local").describe("Processes on this machine. No account, no container engine."),
  folder: filePath("Folder that holds the site's data. Default: .dr/<site>.").optional(),
  region: region("What region this folder stands for, for people.").optional(),
  description,
});

const docker = z.strictObject({
  platform: z.literal("docker").describe("Containers on one host."),
  host: word("The Docker host: ssh://user@host, tcp://host:2376 or unix:///var/run/docker.sock."),
  region: region("Where the host is, for people.").optional(),
  description,
});

const kubernetes = z.strictObject({
  platform: z.literal("kubernetes").describe("One Kubernetes cluster."),
  context: word("Context in the kubeconfig: one cluster each."),
  namespace: name("Namespace. Default: the plan's name.", 63).optional(),
  region: region("Where the cluster is, for people.").optional(),
  description,
});

const aws = z.strictObject({
  platform: z.literal("aws").describe("One AWS region."),
  region: region("AWS region, such as eu-central-1."),
  account: matching(/^\d{12}$/, 'must be an AWS account: 12 digits in quotes, such as "123456789012"')
    .describe("AWS account of this site.")
    .optional(),
  description,
});

const azure = z.strictObject({
  platform: z.literal("azure").describe("One Azure region."),
  region: region("Azure region, such as westus2."),
  subscription: word("Azure subscription of this site: its name or id.").optional(),
  resourceGroup: matching(
    /^[A-Za-z0-9_][A-Za-z0-9._()-]{0,88}$/,
    "must be a resource group's name of 89 characters or fewer",
  )
    .describe("Resource group. Default: <plan>-<site>.")
    .optional(),
  description,
});

export const sites = named(
  z.discriminatedUnion("platform", [local, docker, kubernetes, aws, azure]),
  "The places that can run the system, two or more, in order of failover. The first is the live one at the start.",
);
