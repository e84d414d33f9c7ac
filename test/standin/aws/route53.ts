import { randomUUID } from "node:crypto";
import {
  ChangeResourceRecordSetsCommand,
  CreateHealthCheckCommand,
  DeleteHealthCheckCommand,
  Route53Client,
  UpdateHealthCheckCommand,
  type ChangeAction,
  type HealthCheckType,
  type ResourceRecordSet,
  type ResourceRecordSetFailover,
  type RRType,
} from "@aws-sdk/client-route-53";
import { global } from "./clients";
import { kind, type Inputs } from "./kind";

const route53 = global((config) => new Route53Client(config));

interface RecordInputs extends Inputs {
  readonly zoneId: string;
  readonly name: string;
  readonly type: RRType;
  readonly ttl?: number;
  readonly records?: readonly string[];
  readonly aliases?: readonly {
    readonly name: string;
    readonly zoneId: string;
    readonly evaluateTargetHealth: boolean;
  }[];
  readonly setIdentifier?: string;
  readonly healthCheckId?: string;
  readonly failoverRoutingPolicies?: readonly { readonly type: ResourceRecordSetFailover }[];
  readonly allowOverwrite?: boolean;
}

function recordSet(inputs: RecordInputs): ResourceRecordSet {
  const { type, ttl, records, aliases: [alias] = [], setIdentifier, failoverRoutingPolicies: [policy] = [] } = inputs;
  return {
    ...{ Name: inputs.name, Type: type, SetIdentifier: setIdentifier, HealthCheckId: inputs.healthCheckId },
    ...(policy ? { Failover: policy.type } : {}),
    ...(records ? { TTL: ttl, ResourceRecords: records.map((value) => ({ Value: written(type, value) })) } : {}),
    ...(alias
      ? {
          AliasTarget: {
            DNSName: alias.name,
            HostedZoneId: alias.zoneId,
            EvaluateTargetHealth: alias.evaluateTargetHealth,
          },
        }
      : {}),
  };
}

const written = (type: RRType, value: string) => (type === "TXT" ? `"${value}"` : value);

const change = (Action: ChangeAction, inputs: RecordInputs) =>
  route53.send(
    new ChangeResourceRecordSetsCommand({
      ...{ HostedZoneId: inputs.zoneId, ChangeBatch: { Changes: [{ Action, ResourceRecordSet: recordSet(inputs) }] } },
    }),
  );

export const record = kind<RecordInputs>({
  replaceOn: ["zoneId", "name", "type", "setIdentifier"],
  changes: ["ttl", "records", "aliases", "healthCheckId", "failoverRoutingPolicies"],
  async create(inputs) {
    const { zoneId, name, type, setIdentifier } = inputs;
    await change(inputs.allowOverwrite ? "UPSERT" : "CREATE", inputs);
    const id = [zoneId, name, type, ...(setIdentifier ? [setIdentifier] : [])].join("_");
    return { id, learned: { fqdn: name.replace(/\.$/, "") } };
  },
  async update(_id, inputs) {
    await change("UPSERT", inputs);
    return { fqdn: inputs.name.replace(/\.$/, "") };
  },
  delete: async (_id, inputs) => void (await change("DELETE", inputs)),
});

interface HealthCheckInputs extends Inputs {
  readonly type: HealthCheckType;
  readonly fqdn: string;
  readonly port: number;
  readonly resourcePath: string;
  readonly requestInterval: number;
  readonly failureThreshold: number;
  readonly enableSni: boolean;
}

const asked = (inputs: HealthCheckInputs) => ({
  ...{ FullyQualifiedDomainName: inputs.fqdn, Port: inputs.port, ResourcePath: inputs.resourcePath },
  ...{ FailureThreshold: inputs.failureThreshold, EnableSNI: inputs.enableSni },
});

export const healthCheck = kind<HealthCheckInputs>({
  replaceOn: ["type", "requestInterval"],
  changes: ["fqdn", "port", "resourcePath", "failureThreshold", "enableSni", "tags"],
  async create(inputs) {
    const made = await route53.send(
      new CreateHealthCheckCommand({
        CallerReference: randomUUID(),
        HealthCheckConfig: { ...asked(inputs), Type: inputs.type, RequestInterval: inputs.requestInterval },
      }),
    );
    return { id: made.HealthCheck!.Id!, learned: {} };
  },
  async update(HealthCheckId, inputs) {
    await route53.send(new UpdateHealthCheckCommand({ HealthCheckId, ...asked(inputs) }));
    return {};
  },
  delete: async (HealthCheckId) => void (await route53.send(new DeleteHealthCheckCommand({ HealthCheckId }))),
});
