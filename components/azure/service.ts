import * as app from "@pulumi/azure-native/app";
import { RecordSet } from "@pulumi/azure-native/dns";
import type * as inputs from "@pulumi/azure-native/types/input";
import { NAMES } from "../../plan/platforms";
import * as pulumi from "../../provider/pulumi";
import type * as contract from "../contract";
import { asIdentity, fromSecrets, fromValues, secretsOf } from "./container";
import { foundationOf } from "./foundation";
import { placeOf, tagsOf } from "./place";
import { relativeTo, siteRecord, zoneOf } from "./zone";

export interface ServiceArgs extends contract.ServiceArgs {
  /** Of each replica. Container Apps wants twice as many GiB as cores.  @default 0.5 */
  readonly cores?: number;
  /** A registry that the site's identity may pull from, such as `shop.azurecr.io`.  @default - the image is public */
  readonly registry?: string;
}

/** At the live site at least two, so that one may fail; and what one more costs is little beside that. */
const FEWEST = 2;

/**
 * A Container App: HTTPS from outside, probed, scaled, its last versions kept to go back to. On standby as many replicas
 * as the plan says, which may be none: it starts with the first that activation asks for.
 */
export class Service extends pulumi.ComponentResource implements contract.Service {
  readonly url: pulumi.Output<string>;
  readonly appId: pulumi.Output<string>;

  constructor(name: string, args: ServiceArgs, opts?: pulumi.ComponentResourceOptions) {
    super("dr:azure:Service", name, args, opts);
    const { site, health, image, command, environment = {}, databases, port = 8080, instances } = args;
    const { imagesKept = 10, secrets = [], cores = 0.5, registry, public: isPublic = false } = args;
    const foundation = foundationOf(site);
    const { groupName, here, environmentId, identity, access, dns, commons } = foundation;
    if (image === undefined)
      throw new pulumi.ResourceError(
        `services.${name}.image must be said on azure, which runs images; got none`,
        this,
        true,
      );
    const active = site.activation === "active";
    const fewest = active ? Math.max(FEWEST, instances?.min ?? 0) : (instances?.standby ?? 0);
    const most = Math.max(fewest, 1, active ? (instances?.max ?? instances?.min ?? 0) : fewest);

    const probe = (type: "Liveness" | "Readiness" | "Startup", failureThreshold: number) => ({
      ...{ type, failureThreshold, periodSeconds: 10, timeoutSeconds: 5 },
      httpGet: { path: health, port },
    });
    const database = databases[0];
    const service = new app.ContainerApp(
      name,
      {
        ...{ resourceGroupName: groupName, location: placeOf(site, site.name).region, tags: tagsOf(site) },
        ...{ containerAppName: NAMES.azureApp.name({ plan: site.plan, service: name }), environmentId },
        ...{ workloadProfileName: "Consumption", identity: asIdentity(foundation) },
        configuration: {
          ...{
            activeRevisionsMode: "Single",
            maxInactiveRevisions: imagesKept,
            secrets: secretsOf(secrets, foundation),
          },
          ...(registry ? { registries: [{ server: registry, identity: identity.id }] } : {}),
          ingress: {
            ...{ external: true, allowInsecure: false, targetPort: port, transport: "auto" },
            traffic: [{ latestRevision: true, weight: 100 }],
          },
        },
        template: {
          terminationGracePeriodSeconds: 30,
          containers: [
            {
              ...{ name, image, ...(command ? { command: [...command] } : {}) },
              resources: { cpu: cores, memory: `${cores * 2}Gi` },
              env: [
                ...fromValues(environment),
                ...fromValues({
                  DR_SITE: site.name,
                  DR_ACTIVATION: site.activation,
                  AZURE_CLIENT_ID: identity.clientId,
                }),
                ...(database
                  ? fromValues({
                      ...{ PGHOST: database.address, PGUSER: identity.name, PGSSLMODE: "verify-full" },
                      PGPORT: database.port.apply(String),
                    })
                  : []),
                ...fromSecrets(secrets),
              ],
              probes: [probe("Startup", 30), probe("Liveness", 3), probe("Readiness", 3)],
            },
          ],
          scale: { minReplicas: fewest, maxReplicas: most, rules: rulesOf(instances) },
        },
      },
      {
        ...{ parent: this, provider: here, dependsOn: [...access, ...databases] },
        // Names and their certificates are bound by a person, once: a recovery must not wait for a certificate.
        ignoreChanges: ["configuration.ingress.customDomains"],
      },
    );

    const fqdn = service.configuration.apply((made) => made?.ingress?.fqdn ?? "");
    if (isPublic) {
      // The site's own name, by which the failover name finds it: only the site knows what Azure called its environment.
      const relative = relativeTo(dns.zone, dns.name);
      new RecordSet(
        `${name}-record`,
        {
          ...{ resourceGroupName: zoneOf(site).group, zoneName: dns.zone, ttl: dns.ttl, recordType: "CNAME" },
          ...{ relativeRecordSetName: siteRecord(relative, site.name), cnameRecord: { cname: fqdn } },
        },
        { parent: this, provider: commons },
      );
    }

    this.url = pulumi.interpolate`https://${fqdn}${health}`;
    this.appId = service.id;
    this.registerOutputs({ url: this.url, appId: this.appId });
  }
}

/** By load where the plan says of what; else by requests at a time. */
function rulesOf(instances: contract.ServiceArgs["instances"]): inputs.app.ScaleRuleArgs[] {
  const by = (type: "cpu" | "memory", value: number) => ({
    ...{ name: type, custom: { type, metadata: { type: "Utilization", value: String(value) } } },
  });
  const rules = [
    ...(instances?.cpu === undefined ? [] : [by("cpu", instances.cpu)]),
    ...(instances?.memory === undefined ? [] : [by("memory", instances.memory)]),
  ];
  return rules.length > 0 ? rules : [{ name: "http", http: { metadata: { concurrentRequests: "50" } } }];
}
