import * as cloudwatch from "@pulumi/aws/cloudwatch";
import * as ecs from "@pulumi/aws/ecs";
import * as iam from "@pulumi/aws/iam";
import * as pulumi from "../../provider/pulumi";
import type { SiteArgs } from "../contract";
import { foundationOf } from "./foundation";
import { allow, mayBeTakenBy, policy, type Statement } from "./iam-policy";
import type { Image } from "./image";
import { placeOf, tagsOf } from "./place";

/** Days that logs are kept. */
const LOG_DAYS = 365;

/** What runs in Fargate, and what it may do. */
export interface TaskArgs {
  readonly family: string;
  readonly image: Image;
  /** ECS' units: 1024 are one virtual CPU; MiB. */
  readonly cpu: number;
  readonly memory: number;
  /** @default 20 - ECS' own */
  readonly diskGiB?: number;
  /** Names of secrets that it gets as environment variables. */
  readonly secrets: readonly string[];
  /** Further secrets by the variables that they become, and their ARNs.  @default {} */
  readonly secretArns?: Readonly<Record<string, pulumi.Output<string>>>;
  readonly environment: Readonly<Record<string, pulumi.Input<string>>>;
  readonly entryPoint?: readonly string[];
  readonly command?: readonly string[];
  /** @default - it listens to nobody */
  readonly port?: number;
  /** What the program itself may do.  @default - nothing of AWS */
  readonly mayDo?: pulumi.Input<readonly Statement[]>;
}

/** A task definition with its log, the role that starts it (pulls the image, reads its secrets) and the role of the program. */
export function makeTask(name: string, site: SiteArgs, args: TaskArgs, parent: pulumi.ComponentResource) {
  const { family, image, cpu, memory, diskGiB, secrets, environment, entryPoint, command, port, mayDo } = args;
  const { keyArn, secretArns: known } = foundationOf(site);
  const here = placeOf(site);
  const { region, account } = here;
  const child = { parent };
  const tags = tagsOf(site, name);
  const missing = secrets.find((secret) => known[secret] === undefined);
  if (missing !== undefined)
    throw new pulumi.ResourceError(
      `\`site.foundation\` must hold the secret ${missing}, which ${name} is given; got ${Object.keys(known).join(", ") || "none"}. Name it among its \`secrets\``,
      parent,
      true,
    );
  const given = [
    ...secrets.map((secret) => ({ name: secret, valueFrom: known[secret]! })),
    ...Object.entries(args.secretArns ?? {}).map(([variable, valueFrom]) => ({ name: variable, valueFrom })),
  ];

  const log = new cloudwatch.LogGroup(
    name,
    { region, retentionInDays: LOG_DAYS, kmsKeyId: keyArn, tags },
    { parent, retainOnDelete: true },
  );
  const role = (part: string) =>
    new iam.Role(
      `${name}-${part}`,
      { assumeRolePolicy: mayBeTakenBy("ecs-tasks.amazonaws.com", account), tags },
      child,
    );
  const starter = role("starter");
  const program = role("program");
  const starts = pulumi.all([log.arn, keyArn, given.map(({ valueFrom }) => valueFrom)]).apply(([logs, key, arns]) =>
    policy(
      ...(image.repositoryArn
        ? [
            allow("ecr:GetAuthorizationToken", "*"), // it is not of one repository
            allow(
              ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
              [image.repositoryArn],
            ),
          ]
        : []),
      allow(["logs:CreateLogStream", "logs:PutLogEvents"], `${logs}:*`),
      ...(arns.length > 0
        ? [
            allow("secretsmanager:GetSecretValue", arns),
            allow("kms:Decrypt", key, { StringEquals: { "kms:ViaService": `secretsmanager.${region}.amazonaws.com` } }),
          ]
        : []),
    ),
  );
  new iam.RolePolicy(`${name}-starter`, { role: starter.id, policy: starts }, child);
  if (mayDo)
    new iam.RolePolicy(
      `${name}-program`,
      { role: program.id, policy: pulumi.output(mayDo).apply((statements) => policy(...statements)) },
      child,
    );

  const container = pulumi.all([log.name, environment, given]).apply(([group, values, from]) =>
    JSON.stringify([
      {
        ...{ name: "main", image: image.address, essential: true, stopTimeout: 30, secrets: from },
        environment: Object.entries(values).map(([key, value]) => ({ name: key, value })),
        ...(entryPoint ? { entryPoint } : {}),
        ...(command ? { command } : {}),
        ...(port === undefined ? {} : { portMappings: [{ containerPort: port, protocol: "tcp" }] }),
        logConfiguration: {
          logDriver: "awslogs",
          options: { "awslogs-group": group, "awslogs-region": region, "awslogs-stream-prefix": name },
        },
      },
    ]),
  );
  const definition = new ecs.TaskDefinition(
    name,
    {
      ...{ region, family, cpu: String(cpu), memory: String(memory), containerDefinitions: container, tags },
      ...{ networkMode: "awsvpc", requiresCompatibilities: ["FARGATE"] },
      ...(diskGiB === undefined ? {} : { ephemeralStorage: { sizeInGib: diskGiB } }),
      ...{ executionRoleArn: starter.arn, taskRoleArn: program.arn },
      // The last ones stay, to go back to.
      skipDestroy: true,
    },
    child,
  );
  return { definition, roles: [starter, program] as const };
}
