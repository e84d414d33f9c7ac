import * as acm from "@pulumi/aws/acm";
import * as route53 from "@pulumi/aws/route53";
import type * as lb from "@pulumi/aws/lb";
import type * as pulumi from "../../provider/pulumi";
import type { SiteArgs } from "../contract";
import { foundationOf } from "./foundation";
import { placeOf, tagsOf } from "./place";

/** The certificate of a name that only this site has; proven by a record in the zone of the failover name. */
export function makeHostCertificate(
  name: string,
  site: SiteArgs,
  host: string,
  parent: pulumi.ComponentResource,
): pulumi.Output<string> {
  const { zoneId } = foundationOf(site);
  const { region } = placeOf(site);
  const certificate = new acm.Certificate(
    name,
    { region, domainName: host, validationMethod: "DNS", tags: tagsOf(site, name) },
    { parent },
  );
  const proof = certificate.domainValidationOptions.apply(([first]) => first!);
  const record = new route53.Record(
    `${name}-proof`,
    {
      ...{ zoneId, name: proof.resourceRecordName, type: proof.resourceRecordType, ttl: 300 },
      ...{ records: [proof.resourceRecordValue], allowOverwrite: true },
    },
    { parent, retainOnDelete: true },
  );
  return new acm.CertificateValidation(
    name,
    { region, certificateArn: certificate.arn, validationRecordFqdns: [record.fqdn] },
    { parent },
  ).certificateArn;
}

/** Where a load balancer answers by name. The name is the site's own: it never moves to another. */
export function makeHostRecord(
  name: string,
  site: SiteArgs,
  host: string,
  balancer: lb.LoadBalancer,
  parent: pulumi.ComponentResource,
): void {
  new route53.Record(
    name,
    {
      ...{ zoneId: foundationOf(site).zoneId, name: host, type: "A" },
      aliases: [{ name: balancer.dnsName, zoneId: balancer.zoneId, evaluateTargetHealth: true }],
    },
    { parent },
  );
}
